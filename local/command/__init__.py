"""The commands of `sluice`, a module each; `program` puts them together."""
