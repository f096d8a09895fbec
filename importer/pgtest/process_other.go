//go:build !unix

package pgtest

import "os/exec"

func detach(*exec.Cmd) {}

func giveToServer(string) error { return nil }

func asServer(*exec.Cmd) {}
