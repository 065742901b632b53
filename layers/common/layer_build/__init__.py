"""Builds the layer: `python3 -m layer_build PLATFORM FOLDER`, from `sam build` or by hand."""
