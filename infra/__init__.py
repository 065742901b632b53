"""The nested stacks, and what is told about them: the dashboard's picture and what the stack costs."""
