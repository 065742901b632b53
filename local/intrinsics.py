"""CloudFormation's YAML: reads the short intrinsic functions and works out their values for one place of deployment.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """The template can't be read, or says what the laptop can't do."""


class UnknownValue(TemplateError):
    """The template refers to something that has no counterpart here."""


class _Loader(yaml.SafeLoader):
    """A safe loader that reads `!Name value` as `{"Fn::Name": value}`."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type] # the third kind of node there is
    return {name: value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path) -> dict[str, Any]:
    """Return the template as plain data; raise `TemplateError` that names the line of a mistake."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - derives from SafeLoader
    except OSError as error:
        raise TemplateError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path} is no text.") from error
    except yaml.YAMLError as error:
        raise TemplateError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict) or "Resources" not in content:
        raise TemplateError(f"{path} is not a CloudFormation template: it has no Resources.")
    return content


class Resolver:
    """Works out values. `known` says what `Ref` (`Name`) and `GetAtt` (`Name.Attribute`) give, `AWS::...` included."""

    def __init__(self, template: Mapping[str, Any], known: Mapping[str, str]) -> None:
        parameters = template.get("Parameters", {})
        defaults = {name: str(p["Default"]) for name, p in parameters.items() if "Default" in p}
        self._known = {**defaults, **known}
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::GetAtt": lambda value: self._ref(value if isinstance(value, str) else ".".join(value)),
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": lambda value: str(value[0]).join(str(part) for part in self(value[1])),
            "Fn::Select": lambda value: self(value[1])[int(self(value[0]))],
            "Fn::Split": lambda value: str(self(value[1])).split(value[0]),
            "Fn::FindInMap": lambda value: self._find_in_map(*self(value[:3])),
            "Fn::ImportValue": lambda value: self._ref(str(self(value))),
            "Fn::Equals": lambda value: str(self(value[0])) == str(self(value[1])),
            "Fn::Not": lambda value: not self(value[0]),
            "Fn::And": lambda value: all(self(part) for part in value),
            "Fn::Or": lambda value: any(self(part) for part in value),
        }

    def __call__(self, value: Any) -> Any:
        """Return the value with every intrinsic replaced; raise `UnknownValue` when one can't be."""
        if isinstance(value, list):
            return [self(part) for part in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise UnknownValue(f"The laptop does not know the function {name}.")
        return {key: self(part) for key, part in value.items()}

    def text(self, value: Any) -> str:
        """Return the value as CloudFormation writes it into a string."""
        result = self(value)
        return str(result).lower() if isinstance(result, bool) else str(result)

    def _ref(self, name: str) -> str:
        if name not in self._known:
            raise UnknownValue(f"{name} has no counterpart on the laptop.")
        return self._known[name]

    def _sub(self, value: Any) -> str:
        text, local = (value, {}) if isinstance(value, str) else (value[0], self(value[1]))

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{match[2]}}}"
            return str(local[name]) if name in local else self._ref(name)

        return _PLACEHOLDER.sub(replace, text)

    def _if(self, value: list[Any]) -> Any:
        return self(value[1] if self._condition(value[0]) else value[2])

    def _condition(self, name: str) -> bool:
        if name not in self._conditions:
            raise TemplateError(f"The template has no condition {name}.")
        return bool(self(self._conditions[name]))

    def _find_in_map(self, name: str, first: str, second: str) -> Any:
        try:
            return self._mappings[name][first][second]
        except KeyError as error:
            raise TemplateError(f"The template has no mapping {name}.{first}.{second}.") from error
