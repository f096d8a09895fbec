package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/importer/procore/simulator"
	"muster/importer/text"
)

func (a *app) newSimulatorCommand() *cobra.Command {
	config := simulator.Config{}
	var listen, bodies, origin string
	cmd := newCommand("simulator", func(cmd *cobra.Command, _ []string) error {
		config.Bodies, config.OriginID = simulator.BodyShape(bodies), simulator.OriginForm(origin)
		return a.serve(cmd.Context(), listen, config)
	})
	cmd.Long += "\n" + strings.TrimSuffix(text.Wrap(list(simulator.FaultKinds())+".", "Kinds: ", "       ", 78), "\n")
	f := cmd.Flags()
	shapes := list(append(simulator.BodyShapes(), simulator.MixedBodies))
	f.StringVar(&listen, "listen", "127.0.0.1:8910", "`ADDRESS` to serve on; port 0 takes a free one")
	f.Int64Var(&config.CompanyID, "company", 1, "`ID` of the simulated company")
	f.Int64Var(&config.ProjectID, "project", 100, "`ID` of the simulated project")
	f.Func("limit", "`LIMIT` on requests; may be given more than once (default 3600/1h and 25/10s:rolling)", func(limit string) error {
		return addWindow(&config, limit)
	})
	f.Func("fault", "`FAULT` to simulate; may be given more than once", func(fault string) error {
		parsed, err := simulator.ParseFault(fault)
		config.Faults = append(config.Faults, parsed)
		return err
	})
	f.Var(choice{&bodies, strings.Split(shapes, ", ")}, "bodies", "`SHAPE` of refusals: "+shapes)
	f.Var(choice{&origin, []string{"number", "alternating"}}, "origin-id", "`FORM` in which origin_id comes back: number or alternating (default: text)")
	f.DurationVar(&config.TokenLife, "token-life", 90*time.Minute, "`TIME` for which a token is good")
	f.DurationVar(&config.ClockSkew, "clock-skew", 0, "`TIME` by which the server's clock is ahead")
	f.Uint64Var(&config.Seed, "seed", 0, "`NUMBER` that everything random follows from")
	f.BoolVar(&config.HourlyOnceUsedUp, "hourly-once-used-up", false, "rate headers show a window of an hour only once it is used up")
	f.BoolVar(&config.TextIDs, "text-ids", false, "calls of version 2 answer IDs as text")
	f.BoolVar(&config.Lists.NoInactive, "no-inactive-list", false, "there is no list of inactive people: 404")
	f.BoolVar(&config.HonourTokens, "honour-tokens", false, "a repeated Idempotency-Token creates no second person")
	return cmd
}

// list returns names of the simulator as a text.
func list[T ~string](names []T) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(names), "[]"), " ", ", ")
}

// addWindow adds a window such as "3600/1h" or "25/10s:rolling"; "none" stands for no window.
func addWindow(config *simulator.Config, flag string) error {
	if flag == "none" {
		config.Windows = []simulator.Window{}
		return nil
	}
	count, rest, _ := strings.Cut(flag, "/")
	length, kind, _ := strings.Cut(rest, ":")
	limit, err := strconv.Atoi(count)
	d, durationErr := time.ParseDuration(length)
	if err != nil || durationErr != nil || limit < 1 || d <= 0 || !slices.Contains([]string{"", "fixed", "rolling"}, kind) {
		return errors.New("write REQUESTS/WINDOW, such as 3600/1h or 25/10s:rolling, or none")
	}
	config.Windows = append(config.Windows, simulator.Window{Limit: limit, Length: d, Rolling: kind == "rolling"})
	return nil
}

// serve answers requests until ctx ends.
func (a *app) serve(ctx context.Context, address string, config simulator.Config) error {
	procore := simulator.New(config)
	defer procore.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return usageError(fmt.Sprintf("can't serve on %s: %v", address, err), "name another address, such as --listen 127.0.0.1:0")
	}
	server := &http.Server{Handler: procore, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	url := "http://" + listener.Addr().String()
	fmt.Fprintf(a.stdout, "a simulated Procore answers on %s (company %d, project %d); end it with Ctrl-C\n", url, config.CompanyID, config.ProjectID)
	if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", address, err)
	}
	stats := procore.Requests()
	fmt.Fprintf(a.stderr, "%d requests answered, %d people created, %d times throttled\n", stats.Total, stats.Stored, stats.Throttled)
	return nil
}
