"""The demo dataset: procedural photographs of cracked and sound surfaces, exact masks, captions, hard negatives."""

from crackpipe.data.demo.survey import photographs

__all__ = ["photographs"]
