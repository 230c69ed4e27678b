from . import histogram, rose, site_map

__all__ = ["histogram", "rose", "site_map"]
