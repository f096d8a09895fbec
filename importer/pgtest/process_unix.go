//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// detach keeps a signal of the terminal from a process.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// serverUser returns the IDs of the user postgres if the tests run as root, since
// PostgreSQL refuses to run as root.
func serverUser() (uid, gid int, needed bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false // initdb says what is wrong
	}
	uid, _ = strconv.Atoi(account.Uid) // always numbers on Unix
	gid, _ = strconv.Atoi(account.Gid)
	return uid, gid, true
}

// giveToServer lets the server write in a folder.
func giveToServer(folder string) error {
	if uid, gid, needed := serverUser(); needed {
		return os.Chown(folder, uid, gid)
	}
	return nil
}

// asServer makes a command run as the server's user.
func asServer(command *exec.Cmd) {
	if uid, gid, needed := serverUser(); needed {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
}
