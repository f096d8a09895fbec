package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"muster/importer/web"
)

// webCommand is the flags of muster web.
type webCommand struct {
	listen    string
	noBrowser bool
	idle      time.Duration

	fixedHosts bool // the settings name them: the page does not ask
}

func (a *app) newWebCommand() *cobra.Command {
	c := &webCommand{}
	cmd := newCommand("web", func(cmd *cobra.Command, _ []string) error {
		a.onPage = true
		if err := a.begin(cmd.Flags()); err != nil {
			return err
		}
		c.fixedHosts = namesHosts(cmd.Flags())
		return a.web(cmd.Context(), c)
	})
	a.addSettings(cmd, "web", connectionGroup, ledgerGroup, quotaGroup, paceGroup, actionGroup, "log-format", "log-level", "workers", configGroup)
	f := cmd.Flags()
	f.StringVar(&c.listen, "listen", "127.0.0.1:0", "`ADDRESS` of this machine to serve on; port 0 takes a free one")
	f.BoolVar(&c.noBrowser, "no-browser", false, "print the address of the page and open no browser")
	f.DurationVar(&c.idle, "idle", 12*time.Hour, "`TIME` without a click and a run after which the page ends; 0 is never")
	return cmd
}

// web serves the page, or opens the page of a muster web that runs already.
func (a *app) web(ctx context.Context, c *webCommand) (err error) {
	if err := web.CheckAddress(c.listen); err != nil {
		return err
	}
	folder, err := a.webFolder()
	if err != nil {
		return err
	}
	start, err := claimStart(ctx, folder)
	if err != nil {
		return err
	}
	if start == nil {
		return a.openEarlier(ctx, folder, c)
	}
	defer start.release()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return usageError(fmt.Sprintf("can't serve the page on %s: %v", c.listen, err), "leave --listen out, which takes a free port")
	}
	server, err := a.newWebServer(ctx, folder, listener, c)
	if err != nil {
		_ = listener.Close()
		return err
	}
	if err := start.publish(server.Address, server.Key); err != nil {
		_ = listener.Close()
		return err
	}
	if err := a.showPage(ctx, folder, web.Link(server.Address, server.Key), c.noBrowser); err != nil {
		a.warn("%v: open the address yourself", err)
	}
	a.talk("Press Ctrl-C here to end muster, or choose Quit on the page.")
	err = server.Serve(ctx, listener)
	a.talk("The page has ended.")
	return err
}

// newWebServer returns the server of the page for an open listener.
func (a *app) newWebServer(ctx context.Context, folder string, listener net.Listener, c *webCommand) (*web.Server, error) {
	backend, err := a.newWebBackend(ctx, c.fixedHosts)
	if err != nil {
		return nil, err
	}
	return web.New(web.Options{
		Folder: filepath.Join(folder, "drafts"), Backend: backend,
		Address: listener.Addr().String(), Key: web.NewKey(), Idle: c.idle, Now: time.Now, Log: a.logger(),
	})
}

// webFolder returns the folder for what the page keeps. Only this user can read it.
func (a *app) webFolder() (string, error) {
	state, err := a.localFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(state, "web")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder for the page: %w", err)
	}
	return folder, nil
}

// openEarlier opens the page of the muster web that runs already.
func (a *app) openEarlier(ctx context.Context, folder string, c *webCommand) error {
	address, key, err := earlierStart(ctx, folder)
	if err != nil {
		return err
	}
	a.talk("muster web runs already; this opens its page.")
	return a.showPage(ctx, folder, web.Link(address, key), c.noBrowser)
}

// showPage prints the address of the page, and opens it in a browser.
func (a *app) showPage(ctx context.Context, folder, link string, noBrowser bool) error {
	fmt.Fprintln(a.stdout, "The page is at "+link)
	if noBrowser {
		return nil
	}
	return openBrowser(ctx, folder, link)
}
