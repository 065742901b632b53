"""`python -m sluice.streaming`: what the exec wrapper starts in place of the managed runtime."""

from sluice.streaming.runtime import main

main()
