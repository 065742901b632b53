"""What `sluice doctor` looks at: the installation behind this machine's settings, and a service by its address."""

from local.diagnosis.finding import Finding

__all__ = ["Finding"]
