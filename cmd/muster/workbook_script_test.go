package main

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
		if number, found := strings.CutPrefix(text, "="); found {
			value, err := strconv.Atoi(number)
			ts.Check(err)
			ts.Check(book.SetCellInt(book.GetSheetName(0), cell, int64(value)))
			continue
		}
		ts.Check(book.SetCellStr(book.GetSheetName(0), cell, text))
	}
	ts.Check(book.Save())
}

func strikeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: strike FILE CELL…")
	}
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	style, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
	ts.Check(err)
	for _, sheet := range book.GetSheetList() {
		for _, cell := range args[1:] {
			ts.Check(book.SetCellStyle(sheet, cell, cell, style))
		}
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

func saveODSCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: save-ods BOOK FILE")
	}
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	ts.Check(err)
	var content strings.Builder
	content.WriteString(`<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
		` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="Results">`)
	for _, row := range rows {
		content.WriteString("<table:table-row>")
		for _, cell := range row {
			content.WriteString(`<table:table-cell office:value-type="string"><text:p>`)
			ts.Check(xml.EscapeText(&content, []byte(cell)))
			content.WriteString("</text:p></table:table-cell>")
		}
		content.WriteString("</table:table-row>")
	}
	content.WriteString("</table:table></office:spreadsheet></office:body></office:document-content>")
	file, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer file.Close()
	out := zip.NewWriter(file)
	for _, part := range [][2]string{{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, {"content.xml", content.String()}} {
		w, err := out.Create(part[0])
		ts.Check(err)
		_, err = io.WriteString(w, part[1])
		ts.Check(err)
	}
	ts.Check(out.Close())
}

func officeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: office FORMAT FILE…")
	}
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(ts.MkAbs(".office"))
	ts.Setenv("SC_IMPORT_THREADS", "0") // its threads crash it now and then, over strings they share
	ts.Check(ts.Exec("soffice", slices.Concat([]string{profile, "--headless", "--convert-to"}, args[:1], []string{"--outdir", "saved"}, args[1:])...))
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
