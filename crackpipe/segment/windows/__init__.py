"""Training windows: where photographs are cut, how they are changed, and what labels they get."""
