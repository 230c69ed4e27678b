from .layers import write_layers
from .map_file import is_map
from .survey_map import MapLook, inspect_map

__all__ = ["MapLook", "inspect_map", "is_map", "write_layers"]
