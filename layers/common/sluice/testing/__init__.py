"""Fakes of the ports: typed, shipped, and held to the same contract tests as the real parts."""
