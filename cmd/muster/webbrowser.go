package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"

	"muster/importer/atomicfile"
)

// openBrowser opens a link in the user's browser through a file that only this user can
// read: all users can see the arguments of a process, and the link holds a token.
func openBrowser(ctx context.Context, folder, link string) error {
	path := filepath.Join(folder, "open.html")
	quoted := html.EscapeString(link)
	err := atomicfile.Write(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n"+
			"<title>muster</title>\n<a href=\"%s\">Open muster</a>\n", quoted, quoted)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the file that opens the page: %w", err)
	}
	name, args := browserCommand(runtime.GOOS, path)
	program, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("no browser was opened, because there is no %s", name)
	}
	// Not CommandContext: the browser outlives muster.
	command := exec.Command(program, args...) //nolint:gosec,noctx // a fixed program of the system
	if err := command.Start(); err != nil {
		return fmt.Errorf("no browser was opened: %w", err)
	}
	go func() { _ = command.Wait() }() // until the program has handed the file to the browser
	return ctx.Err()
}

// browserCommand returns the command of a system that opens a file in the browser.
func browserCommand(system, path string) (name string, args []string) {
	switch system {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", path}
	case "darwin":
		return "open", []string{path}
	default:
		return "xdg-open", []string{path}
	}
}
