package roster

import (
	"fmt"
	"strings"
)

// remarkOnLegend says that a sheet tells something by its colours, which are not
// read, where a cell of its first rows says what one of them means: "Red =
// terminated".
func (r *Reader) remarkOnLegend(rows []headRow) {
	for _, row := range rows {
		for i, c := range row.cells {
			if legend(c) {
				r.remarks = append(r.remarks, fmt.Sprintf("colours are not read, and %s says what one means, %q: see whether those people are to be imported",
					r.Cell(row.number, i), shorten([]string{c})))
				return
			}
		}
	}
}

// legend tells "Red = terminated", "Yellow: new hire" and "Grey - on leave".
func legend(cell string) bool {
	cell = strings.TrimSpace(cell)
	end := strings.IndexAny(cell, "=:-–—")
	if end < 1 || len(cell) > 80 || strings.IndexByte("=:", cell[end]) < 0 && !strings.HasSuffix(cell[:end], " ") || strings.Trim(cell[end:], " =:-–—") == "" {
		return false
	}
	words := strings.Fields(strings.ToLower(cell[:end]))
	if len(words) == 2 {
		switch words[1] {
		case "rows", "row", "cells", "highlight", "highlighted", "fill", "names":
			words = words[:1]
		}
		switch words[0] {
		case "light", "dark", "bright", "pale":
			words = words[1:]
		}
	}
	if len(words) != 1 {
		return false
	}
	switch words[0] {
	case "red", "yellow", "green", "blue", "orange", "grey", "gray", "pink", "purple", "highlighted", "strikethrough",
		"rojo", "amarillo", "verde", "azul", "naranja", "gris", "rot", "gelb", "grün", "blau", "grau", "rouge", "jaune", "vert", "bleu", "vermelho", "amarelo", "cinza":
		return true
	}
	return false
}
