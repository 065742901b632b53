"""The commands of `sluice`, a module each; `local.cli` puts them together."""
