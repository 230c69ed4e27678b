"""Charts as inline SVG: numbers to coordinates, and coordinates to text; colours and fonts are the page's."""
