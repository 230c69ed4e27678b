"""Columns of a survey's two tables: a row a photograph, a row a crack."""

PHOTOS = {
    "photo": "string",
    "name": "string",
    "height_px": "Int64",
    "width_px": "Int64",
    "inside_px": "Int64",  # looked at: without alpha and nodata
    "cracks": "Int64",
    "in_line": "Int64",  # cracks that may be pieces of another: fewer if wider gaps were bridged
    "crack_px": "Int64",
    "length_px": "float64",
    "length_m": "float64",
    "density_m_per_m2": "float64",
    "widest_px": "float64",
    "widest_mm": "float64",
    "class": "string",  # of the widest
    "mm_per_px": "float64",
    "scale_from": "string",
    "latitude": "float64",
    "longitude": "float64",
    "taken": "string",  # date and time by the camera's clock
    "notes": "string",
    "reason": "string",  # why it was not looked at; empty where it was
}

CRACKS = {
    "photo": "string",
    "name": "string",
    "crack": "Int64",  # from 1 within a photograph, the longest first
    "row_px": "float64",  # of the widest place
    "col_px": "float64",
    "top_px": "Int64",
    "left_px": "Int64",
    "bottom_px": "Int64",
    "right_px": "Int64",
    "length_px": "float64",
    "length_mm": "float64",
    "width_mean_px": "float64",
    "width_median_px": "float64",
    "width_p95_px": "float64",
    "width_max_px": "float64",
    "width_mean_mm": "float64",
    "width_median_mm": "float64",
    "width_p95_mm": "float64",
    "width_max_mm": "float64",
    "geometric_median_px": "float64",
    "geometric_max_px": "float64",
    "photometric_median_px": "float64",
    "photometric_max_px": "float64",
    "width_by": "string",
    "orientation_deg": "float64",
    "coherence": "float64",
    "branch_points": "Int64",
    "end_points": "Int64",
    "area_px": "Int64",
    "area_mm2": "float64",
    "confidence": "float64",
    "class": "string",
}
