package workbook

import (
	"strconv"
	"strings"
)

// The size of a sheet in Excel.
const (
	MaxRows    = 1048576
	MaxColumns = 16384
)

// CellName returns the name of a cell, such as "C17". Rows count from 1 and columns
// from 0.
func CellName(row, column int) string { return columnName(column) + strconv.Itoa(row) }

func columnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// ParseCell returns the row and the column of a cell's name. Dollar signs are ignored.
func ParseCell(name string) (row, column int, ok bool) {
	name = strings.ReplaceAll(name, "$", "")
	digits := strings.TrimLeft(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	letters := strings.ToUpper(name[:len(name)-len(digits)])
	if letters == "" || len(letters) > 3 {
		return 0, 0, false
	}
	for _, letter := range []byte(letters) {
		column = 26*column + int(letter-'A') + 1
	}
	row, ok = parseDigits(digits)
	return row, column - 1, ok && row > 0 && column <= MaxColumns
}

// parseDigits reads a number of up to nine digits without a sign.
func parseDigits(text string) (int, bool) {
	if len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// Area is a rectangle of cells, edges included. Rows count from 1 and columns from 0.
type Area struct{ Left, Top, Right, Bottom int }

// parseArea reads a range such as B2:F30, or a single cell.
func parseArea(text string) (Area, bool) {
	first, last, found := strings.Cut(text, ":")
	if !found {
		last = first
	}
	top, left, ok := ParseCell(first)
	bottom, right, alsoOK := ParseCell(last)
	return Area{left, top, right, bottom}, ok && alsoOK && left <= right && top <= bottom
}

// String returns the area as a formula writes an area, such as "B2:F30".
func (a Area) String() string { return CellName(a.Top, a.Left) + ":" + CellName(a.Bottom, a.Right) }

func (a Area) overlaps(b Area) bool {
	return a.Left <= b.Right && b.Left <= a.Right && a.Top <= b.Bottom && b.Top <= a.Bottom
}
