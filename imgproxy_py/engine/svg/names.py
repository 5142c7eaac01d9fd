"""The allowlists: elements, attributes, style properties and functions that a cleaned SVG may hold.

SVG 1.1 (second edition) and SVG 2, without what runs (script, handler attributes), embeds
(foreignObject, audio, video, iframe), or loads (font-face, cursor, tref, color-profile).
"""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPES = words("circle ellipse line path polygon polyline rect")
TEXT_CONTENT = words("a desc style text textPath title tspan")
DESCRIPTIVE = words("desc title")
PAINT_SERVERS = words("linearGradient pattern radialGradient")
ANIMATIONS = words("animate animateMotion animateTransform set")
# Drawn only where something refers to them.
NEVER_DRAWN = PAINT_SERVERS | words("clipPath filter marker mask")
FILTER_PRIMITIVES = words(
    "feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting"
    " feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR"
    " feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight"
    " feSpecularLighting feSpotLight feTile feTurbulence"
)
ELEMENTS = (
    SHAPES
    | TEXT_CONTENT
    | NEVER_DRAWN
    | ANIMATIONS
    | FILTER_PRIMITIVES
    | words("defs g image mpath stop svg switch symbol use view")
)

# Properties that are attributes too (SVG 2, section 6.6), by whether children inherit them.
INHERITED = words(
    "clip-rule color color-interpolation color-interpolation-filters cursor direction"
    " dominant-baseline fill fill-opacity fill-rule font font-family font-feature-settings"
    " font-kerning font-size font-size-adjust font-stretch font-style font-variant"
    " font-variant-caps font-variant-ligatures font-variant-numeric font-variation-settings"
    " font-weight glyph-orientation-horizontal glyph-orientation-vertical image-rendering kerning"
    " letter-spacing line-height marker marker-end marker-mid marker-start paint-order"
    " pointer-events shape-rendering stroke stroke-dasharray stroke-dashoffset stroke-linecap"
    " stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-align text-anchor"
    " text-indent text-orientation text-rendering text-transform visibility white-space"
    " word-spacing writing-mode"
)
NOT_INHERITED = words(
    "alignment-baseline baseline-shift clip clip-path display filter flood-color flood-opacity"
    " inline-size isolation lighting-color mask mask-type mix-blend-mode opacity overflow"
    " stop-color stop-opacity text-decoration text-decoration-color text-decoration-line"
    " text-decoration-style text-overflow transform transform-box transform-origin unicode-bidi"
    " vector-effect"
)
PRESENTATION = INHERITED | NOT_INHERITED
# Properties that stand in style sheets only.
PROPERTIES = PRESENTATION | words(
    "animation animation-delay animation-direction animation-duration animation-fill-mode"
    " animation-iteration-count animation-name animation-play-state animation-timing-function"
    " background background-color border border-radius cx cy d height margin max-width offset"
    " offset-distance offset-path offset-rotate padding r rotate rx ry scale shape-inside"
    " shape-margin shape-padding shape-subtract transition translate width x y z-index"
)
GEOMETRY = words(
    "cx cy d dx dy fr fx fy height path pathLength points r refX refY rotate rx ry width x x1 x2 y"
    " y1 y2"
)
_OTHERS = words(
    # documents
    "class href id lang media preserveAspectRatio role style type version viewBox xlink:href"
    " xml:lang xml:space zoomAndPan requiredExtensions requiredFeatures systemLanguage"
    # text
    " lengthAdjust method side spacing startOffset textLength"
    # gradients, patterns, clips, masks, markers
    " clipPathUnits gradientTransform gradientUnits markerHeight markerUnits markerWidth"
    " maskContentUnits maskUnits offset orient patternContentUnits patternTransform patternUnits"
    " spreadMethod"
    # filters
    " amplitude azimuth baseFrequency bias diffuseConstant divisor edgeMode elevation exponent"
    " filterRes filterUnits in in2 intercept k1 k2 k3 k4 kernelMatrix kernelUnitLength"
    " limitingConeAngle mode numOctaves operator order pointsAtX pointsAtY pointsAtZ"
    " preserveAlpha primitiveUnits radius result scale seed slope specularConstant"
    " specularExponent stdDeviation stitchTiles surfaceScale tableValues targetX targetY"
    " values xChannelSelector yChannelSelector z"
    # animation (SMIL)
    " accumulate additive attributeName attributeType begin by calcMode dur end from keyPoints"
    " keySplines keyTimes max min origin repeatCount repeatDur restart to"
)
ATTRIBUTES = PRESENTATION | GEOMETRY | _OTHERS
LINKS = words("href xlink:href")
# What an animation may change: never a link, a style, or a name that a style sheet selects.
ANIMATED = (PRESENTATION | GEOMETRY | _OTHERS) - LINKS - words("style class id attributeName")

FUNCTIONS = words(
    # colors
    "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix"
    # numbers
    " calc min max clamp var"
    # transforms and time
    " matrix matrix3d rotate rotatex rotatey rotatez scale scalex scaley skew skewx skewy"
    " translate translatex translatey translate3d cubic-bezier steps"
    # filters and shapes
    " blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia"
    " circle ellipse inset path polygon rect"
)
