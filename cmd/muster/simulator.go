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
	"github.com/spf13/pflag"

	"muster/importer/procore/simulator"
	"muster/importer/text"
)

func (a *app) newSimulatorCommand() *cobra.Command {
	s := simulation{shapes: plainNames(append(simulator.BodyShapes(), simulator.MixedBodies))}
	kinds := strings.Join(plainNames(simulator.FaultKinds()), ", ") + "."
	cmd := newCommand("simulator", func(cmd *cobra.Command, _ []string) error {
		config, err := s.parse()
		if err != nil {
			return err
		}
		return a.serve(cmd.Context(), s.listen, config)
	})
	cmd.Long += "\n" + strings.TrimSuffix(text.Wrap(kinds, "Kinds: ", "       ", 78), "\n")
	s.addFlags(cmd.Flags())
	return cmd
}

// plainNames returns names of the simulator as plain text.
func plainNames[T ~string](names []T) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return all
}

// simulation is the flags of muster simulator.
type simulation struct {
	config          simulator.Config // what needs no parsing
	shapes          []string         // the values of --bodies
	listen          string
	windows, faults []string
	bodies, origin  string
}

func (s *simulation) addFlags(f *pflag.FlagSet) {
	f.StringVar(&s.listen, "listen", "127.0.0.1:8910", "`ADDRESS` to serve on; port 0 takes a free one")
	f.Int64Var(&s.config.CompanyID, "company", 1, "`ID` of the simulated company")
	f.Int64Var(&s.config.ProjectID, "project", 100, "`ID` of the simulated project")
	f.StringArrayVar(&s.windows, "limit", nil, "`LIMIT` on requests; may be given more than once (default 3600/1h and 25/10s:rolling)")
	f.StringArrayVar(&s.faults, "fault", nil, "`FAULT` to simulate; may be given more than once")
	f.StringVar(&s.bodies, "bodies", "", "`SHAPE` of refusals: "+strings.Join(s.shapes, ", "))
	f.StringVar(&s.origin, "origin-id", "", "`FORM` in which origin_id comes back: number or alternating (default: text)")
	f.DurationVar(&s.config.TokenLife, "token-life", 90*time.Minute, "`TIME` for which a token is good")
	f.DurationVar(&s.config.ClockSkew, "clock-skew", 0, "`TIME` by which the server's clock is ahead")
	f.Uint64Var(&s.config.Seed, "seed", 0, "`NUMBER` that everything random follows from")
	f.BoolVar(&s.config.HonourTokens, "honour-tokens", false, "a repeated Idempotency-Token creates no second person")
}

// parse returns the config of the flags.
func (s *simulation) parse() (simulator.Config, error) {
	config := s.config
	config.Bodies, config.OriginID = simulator.BodyShape(s.bodies), simulator.OriginForm(s.origin)
	if s.bodies != "" && !slices.Contains(s.shapes, s.bodies) {
		return config, usageError("--bodies "+s.bodies+" is unknown", strings.Join(s.shapes, ", "))
	}
	switch config.OriginID {
	case simulator.OriginText, simulator.OriginNumber, simulator.OriginAlternating:
	default:
		return config, usageError("--origin-id "+s.origin+" is unknown", "number or alternating")
	}
	for _, limit := range s.windows {
		if limit == "none" {
			config.Windows = []simulator.Window{}
			continue
		}
		w, err := parseWindow(limit)
		if err != nil {
			return config, err
		}
		config.Windows = append(config.Windows, w)
	}
	for _, fault := range s.faults {
		f, err := simulator.ParseFault(fault)
		if err != nil {
			return config, usageError(err.Error(), "muster simulator --help shows how faults are written")
		}
		config.Faults = append(config.Faults, f)
	}
	return config, nil
}

// parseWindow reads "3600/1h" or "25/10s:rolling".
func parseWindow(flag string) (simulator.Window, error) {
	count, rest, _ := strings.Cut(flag, "/")
	length, kind, _ := strings.Cut(rest, ":")
	limit, err := strconv.Atoi(count)
	d, durationErr := time.ParseDuration(length)
	if err != nil || durationErr != nil || limit < 1 || d <= 0 || !slices.Contains([]string{"", "fixed", "rolling"}, kind) {
		return simulator.Window{}, usageError(fmt.Sprintf("--limit %s is not a limit", flag), "write REQUESTS/WINDOW, such as 3600/1h or 25/10s:rolling, or none")
	}
	return simulator.Window{Limit: limit, Length: d, Rolling: kind == "rolling"}, nil
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
