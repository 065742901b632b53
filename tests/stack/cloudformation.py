"""Works out a stack with all that is nested in it, as CloudFormation would before it makes anything.

What only exists after a deploy becomes a name: `Ref` of a resource is `<Name>`, `GetAtt` `<Name.Attribute>`, and of a
resource in a nested stack `<Nested/Name>`. So every property is concrete, and tests can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network
from itertools import islice
from typing import Any

Template = Mapping[str, Any]
Templates = Mapping[str, Template]

PSEUDO_PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "sluice",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/sluice/1-2-3-4-documents",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
ROOT = "template.yaml"
_NOTHING = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_NESTED = "AWS::CloudFormation::Stack"
_BUCKET = "https://s3.amazonaws.com/bucket/"


class Refused(Exception):
    """CloudFormation would not take these parameters."""


@dataclass(frozen=True)
class Stack:
    """One template with the values of its parameters; `path` names it within its parents."""

    templates: Templates
    file: str = ROOT
    given: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    @property
    def template(self) -> Template:
        return self.templates[self.file]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The value of each parameter; raise `Refused` when one is missing, unknown or not allowed."""
        declared = self.template.get("Parameters", {})
        if unknown := self.given.keys() - declared.keys():
            raise Refused(f"{self.file} has no parameters {sorted(unknown)}.")
        return {name: self._parameter(name, rules) for name, rules in declared.items()}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """What exists in this stack, by logical id, every property worked out."""
        return {name: self._resource(name) for name in self.template["Resources"] if self.exists(name)}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        declared = self.template.get("Outputs", {})
        return {name: self.value(it["Value"]) for name, it in declared.items() if self._applies(it)}

    @cached_property
    def _stacks(self) -> dict[str, Stack]:
        return {}

    def nested(self, name: str) -> Stack:
        """Return the stack that a resource of this one is."""
        if name not in self._stacks:
            properties = self.template["Resources"][name]["Properties"]
            file = properties["TemplateURL"].removeprefix(_BUCKET)
            parameters = self.value(properties.get("Parameters", {}))
            self._stacks[name] = Stack(self.templates, file, parameters, f"{self.path}{name}/")
        return self._stacks[name]

    def everything(self) -> dict[str, dict[str, Any]]:
        """Return what exists in this stack and in those nested in it, by path."""
        own = {f"{self.path}{name}": it for name, it in self.resources.items()}
        for name, it in self.resources.items():
            if it["Type"] == _NESTED:
                own |= self.nested(name).everything()
        return own

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by path."""
        return {path: it.get("Properties", {}) for path, it in self.everything().items() if it["Type"] == kind}

    def exists(self, name: str) -> bool:
        return self._applies(self.template["Resources"][name])

    def rules_broken(self) -> list[str]:
        """Return what the template's rules say about these parameters."""
        broken = []
        for rule in self.template.get("Rules", {}).values():
            if "RuleCondition" not in rule or self.value(rule["RuleCondition"]):
                broken += [it["AssertDescription"] for it in rule["Assertions"] if not self.value(it["Assert"])]
        return broken

    def value(self, value: Any) -> Any:
        """Return the value with every function worked out."""
        if isinstance(value, list):
            return [it for it in map(self.value, value) if it is not _NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function in ("Ref", "Condition") or function.startswith("Fn::"):
                return getattr(self, f"_{function.removeprefix('Fn::').lower()}")(argument)
        both = {name: self.value(it) for name, it in value.items()}
        return {name: it for name, it in both.items() if it is not _NOTHING}

    def _parameter(self, name: str, rules: Mapping[str, Any]) -> Any:
        if name not in self.given and "Default" not in rules:
            raise Refused(f"{self.file} wants {name}.")
        value = self.given.get(name, rules.get("Default"))
        text = str(value)
        if "AllowedValues" in rules and text not in map(str, rules["AllowedValues"]):
            raise Refused(f"{self.file}: {name} may not be {text!r}.")
        if not text.startswith("<") and not re.fullmatch(rules.get("AllowedPattern", ".*"), text, re.DOTALL):
            raise Refused(f"{self.file}: {name} may not be {text!r}.")
        return text.split(",") if "List" in rules["Type"] else text

    def _resource(self, name: str) -> dict[str, Any]:
        it = self.template["Resources"][name]
        parts: dict[str, Any] = self.value({part: it[part] for part in it if part not in ("Condition", "Metadata")})
        return parts

    def _applies(self, it: Mapping[str, Any]) -> bool:
        return "Condition" not in it or self._condition(it["Condition"])

    def _condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        if name in self.parameters:
            return self.parameters[name]
        return self._made(name)

    def _getatt(self, argument: str | list[str]) -> Any:
        name, _, attribute = argument.partition(".") if isinstance(argument, str) else (argument[0], ".", argument[1])
        if attribute.startswith("Outputs."):
            assert self.exists(name), f"{self.file} reads {name}, which does not exist with {self.given}"
            return self.nested(name).outputs[attribute.removeprefix("Outputs.")]
        return f"{self._made(name)[:-1]}.{attribute}>"

    def _made(self, name: str) -> str:
        assert self.exists(name), f"{self.file} refers to {name}, which does not exist with {self.given}"
        return f"<{self.path}{name}>"

    def _sub(self, argument: str | list[Any]) -> str:
        text, local = (argument, {}) if isinstance(argument, str) else (argument[0], self.value(argument[1]))

        def replace(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{match[2]}}}"
            if name in local:
                return str(local[name])
            return str(self._getatt(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text)

    def _if(self, argument: list[Any]) -> Any:
        return self.value(argument[1] if self._condition(argument[0]) else argument[2])

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(map(str, self.value(argument[1])))

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.value(argument[1])).split(argument[0])

    def _select(self, argument: list[Any]) -> Any:
        chosen = self.value(argument[1])
        if isinstance(chosen, list) and len(chosen) > int(argument[0]):
            return chosen[int(argument[0])]
        return f"<{''.join(chosen)}[{argument[0]}]>"  # a part of a name that a deploy makes

    def _getazs(self, _: object) -> list[str]:
        return ["eu-west-1a", "eu-west-1b"]

    def _cidr(self, argument: list[Any]) -> list[str]:
        block, count, bits = self.value(argument)
        parts = ip_network(block).subnets(new_prefix=32 - int(bits))
        return [str(part) for part in islice(parts, int(count))]

    def _equals(self, argument: list[Any]) -> bool:
        first, second = self.value(argument)
        return str(first) == str(second)

    def _not(self, argument: list[Any]) -> bool:
        return not self.value(argument[0])

    def _and(self, argument: list[Any]) -> bool:
        return all(map(self.value, argument))

    def _or(self, argument: list[Any]) -> bool:
        return any(map(self.value, argument))

    def _contains(self, argument: list[Any]) -> bool:
        strings, one = self.value(argument)
        return one in strings

    def _eachmemberequals(self, argument: list[Any]) -> bool:
        strings, one = self.value(argument)
        return all(it == one for it in strings)


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids that a value, as written, refers to."""
    if isinstance(value, list):
        for part in value:
            yield from references(part)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name == "Ref":
                yield part
            elif name == "Fn::GetAtt":
                yield part.partition(".")[0] if isinstance(part, str) else part[0]
            elif name == "Fn::Sub":
                text, local = (part, {}) if isinstance(part, str) else (part[0], part[1])
                yield from (match[2].partition(".")[0] for match in _PLACEHOLDER.finditer(text) if not match[1])
                yield from references(local)
            else:
                yield from references(part)
