"""Training windows that are cut and not changed; tests change one thing at a time."""

from crackpipe.segment.windows import augment

PLAIN = augment.Augmentation(
    scale_min=1.0,
    scale_max=1.0,
    rotation_deg=0.0,
    symmetries="mirror",
    contrast=0.0,
    brightness=0.0,
    grey_p=0.0,
    blur_p=0.0,
    blur_px=1.5,
    noise_p=0.0,
    noise=8.0,
    thin_cracks_p=0.0,
    thin_min_px=0.8,
    thin_max_px=4.0,
    drawn_cracks_p=0.0,
    drawn_min_px=0.8,
    drawn_max_px=10.0,
    lookalikes_p=0.0,
)
