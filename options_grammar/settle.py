"""What options come to once they stand together: the rules that no single item knows."""

from dataclasses import replace

from options_grammar.options import Fit, Gravity, Keep, Options, Parsed, Preset


def settled(options: Options) -> Parsed:
    """`options` with what cannot hold put right, and a warning for each thing that was.

    For options that were not parsed but put together field by field.
    """
    warnings: list[str] = []
    if options.is_full and options.fit is not Fit.SCALE_DOWN:
        warnings.append(f'"{options.fit}" has no size to work with, so nothing was resized')
        options = replace(options, fit=Fit.SCALE_DOWN)
    if options.fit is not Fit.CROP and options.gravity is not Gravity.CENTER:
        options = replace(options, gravity=Gravity.CENTER)
    if Keep.EXIF in options.keep:
        options = replace(options, keep=frozenset({Keep.EXIF}))
    if options.quality is Preset.LOSSLESS and not options.is_full:
        warnings.append(
            '"quality=lossless" holds only without resizing; "quality=high" was used instead'
        )
        options = replace(options, quality=Preset.HIGH)
    return Parsed(options=options, warnings=tuple(warnings))
