"""Lines in a picture. Pure."""

from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 240, 62, 14, 34, 40


def svg(panels):
    """Panels beside each other. Each is (title, label of x, label of y, points), and begins at 0."""
    width = WIDTH * len(panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
             'font-family="sans-serif" font-size="11">',
             f'<rect width="{width}" height="{HEIGHT}" fill="white"/>']
    for index, panel in enumerate(panels):
        parts += _panel(index * WIDTH, *panel)
    return "\n".join(parts + ["</svg>", ""])


def _panel(left, title, x_label, y_label, points):
    x_end, y_end = (_round_up(max(point[axis] for point in points)) for axis in (0, 1))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x, y):
        return left + LEFT + x / x_end * inner_width, TOP + inner_height - y / y_end * inner_height

    parts = [f'<text x="{left + LEFT}" y="18" font-size="13" font-weight="bold">{escape(title)}</text>']
    for part in range(5):
        x, y = x_end * part / 4, y_end * part / 4
        (x_at, bottom), (start, y_at) = place(x, 0), place(0, y)
        parts.append(f'<line x1="{start:.1f}" y1="{y_at:.1f}" x2="{start + inner_width:.1f}" y2="{y_at:.1f}" '
                     'stroke="#e3e6ea"/>'
                     f'<text x="{start - 6:.1f}" y="{y_at + 4:.1f}" text-anchor="end" fill="#555">{y:g}</text>'
                     f'<text x="{x_at:.1f}" y="{bottom + 15:.1f}" text-anchor="middle" fill="#555">{x:g}</text>')
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    parts.append(f'<polyline points="{line}" fill="none" stroke="#3867d6" stroke-width="2"/>')
    middle = left + LEFT + inner_width / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
                 f'<text transform="translate({left + 14},{TOP + inner_height / 2:.0f}) rotate(-90)" text-anchor="middle">'
                 f'{escape(y_label)}</text>')
    return parts


def _round_up(value):
    """The next number of the kind 1, 2, 4, 8 times a power of ten, so that its quarters are round too."""
    step = 1
    while step * 8 < value:
        step *= 10
    return next(step * factor for factor in (1, 2, 4, 8) if step * factor >= value)
