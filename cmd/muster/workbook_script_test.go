package main

import (
	"archive/zip"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

func fillCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fill FILE CELL=TEXT…")
	}
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	for _, arg := range args[1:] {
		cell, text, _ := strings.Cut(arg, "=")
		ts.Check(book.SetCellStr(book.GetSheetName(0), cell, text))
	}
	ts.Check(book.Save())
}

func cellCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: cell FILE CELL TEXT")
	}
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	text, err := book.GetCellValue(book.GetSheetName(0), args[1])
	ts.Check(err)
	if (text == args[2]) == neg {
		ts.Fatalf("%s of %s shows %q", args[1], args[0], text)
	}
}

func partCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: part FILE PART TEXT")
	}
	book, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	part, err := book.Open(args[1])
	ts.Check(err)
	content, err := io.ReadAll(part)
	ts.Check(err)
	if strings.Contains(string(content), args[2]) == neg {
		ts.Fatalf("%s holds %s", args[1], content)
	}
}

func macroCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: macro FILE")
	}
	path := ts.MkAbs(args[0])
	book, err := zip.OpenReader(path)
	ts.Check(err)
	defer book.Close()
	file, err := os.Create(path + ".new")
	ts.Check(err)
	defer file.Close()
	out := zip.NewWriter(file)
	for _, part := range book.File {
		ts.Check(out.Copy(part))
	}
	macros, err := out.Create("xl/vbaProject.bin")
	ts.Check(err)
	_, err = io.WriteString(macros, "x")
	ts.Check(err)
	ts.Check(out.Close())
	ts.Check(os.Rename(path+".new", path))
}
