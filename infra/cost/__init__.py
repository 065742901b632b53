"""What a stack costs: list prices, what is used, and the arithmetic between them. `python -m infra.cost --help`."""
