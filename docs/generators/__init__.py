"""Pages and drawings that are made from the project: commands, modules, rooms and stages."""
