"""Typed, frozen, range-checked parameters: defaults live in ``conf/``; ``params.yaml`` is composed from them.

A stage reads them by :func:`crackpipe.params.loading.load`, or with the folder that they belong to by
:class:`crackpipe.params.project.Project`; both check the whole file before any work is done. The modules here say what
is allowed; the comments in ``params.yaml`` say what it means.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
