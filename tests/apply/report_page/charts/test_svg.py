"""Text of SVG elements, whatever is put into them."""

from xml.etree import ElementTree

from crackpipe.apply.report_page.charts import svg


def test_attributes_and_texts_are_escaped():
    text = svg.element("g", svg.text('<b>&"', class_="a", stroke_width=1.2345), id='"><script>')
    tree = ElementTree.fromstring(text)
    assert tree.attrib == {"id": '"><script>'}
    assert tree[0].text == '<b>&"'
    assert tree[0].attrib == {"class": "a", "stroke-width": "1.23"}


def test_numbers_are_short():
    assert svg.element("p", x=10.0, y=-0.5, z=1 / 3) == '<p x="10" y="-0.5" z="0.33"/>'


def test_a_drawing_is_told_by_its_title():
    tree = ElementTree.fromstring(svg.drawing(title="a < b", width=20, height=10))
    assert tree.attrib == {"role": "img", "aria-label": "a < b", "viewBox": "0 0 20 10"}
    assert tree[0].text == "a < b"
