"""The texts of a picture: none may touch another, be small, or leave the page."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg

from counterpulse.analysis.figures.style import style


def texts_of(figure):
    """Boxes (left, bottom, right, top; pixels) and sizes (points) of all text the renderer is asked to draw."""
    canvas = FigureCanvasAgg(figure)
    with style():
        canvas.draw()
        renderer = canvas.get_renderer()
        found = []
        draw_text = renderer.draw_text

        def record(gc, x, y, text, font, angle, *rest, **more):
            width, height, descent = renderer.get_text_width_height_descent(text, font, False)
            upright = round(angle) % 180 == 0
            reach = (width, height - descent) if upright else (height - descent, width)
            bottom = renderer.height - y
            left = x if upright else x - reach[0]
            found.append((text, (left, bottom, left + reach[0], bottom + reach[1]), font.get_size_in_points()))
            return draw_text(gc, x, y, text, font, angle, *rest, **more)

        renderer.draw_text = record
        figure.draw(renderer)
    return found, (renderer.width, renderer.height)


def check_texts(figure, least=8):
    found, (width, height) = texts_of(figure)
    assert len(found) > 20
    for text, (left, bottom, right, top), size in found:
        assert size >= least, text
        assert left >= -1, text
        assert bottom >= -1, text
        assert right <= width + 1, text
        assert top <= height + 1, text
    for (one, a, _), (other, b, _) in itertools.combinations(found, 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        along = min(a[3], b[3]) - max(a[1], b[1])
        assert across <= 1 or along <= 1, f"{one!r} touches {other!r}"
    return [text for text, _, _ in found]
