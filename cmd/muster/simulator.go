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
)

func (a *app) newSimulatorCommand() *cobra.Command {
	var (
		listen           string
		company, project int64
		windows, faults  []string
		bodies, origin   string
		tokenLife, skew  time.Duration
		seed             uint64
		honourTokens     bool
	)
	shapes := make([]string, 0, len(simulator.BodyShapes())+1)
	for _, s := range append(simulator.BodyShapes(), simulator.MixedBodies) {
		shapes = append(shapes, string(s))
	}
	kinds := make([]string, 0, len(simulator.FaultKinds()))
	for _, k := range simulator.FaultKinds() {
		kinds = append(kinds, string(k))
	}
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Serve a simulated Procore to try things out on",
		Long: `Serve a simulated Procore: tokens, people, project memberships, work
classifications, rate limits with their headers, and whatever goes wrong on
request. It keeps everything in memory and forgets it when it ends. Any client
ID and secret are accepted.

A limit is REQUESTS/WINDOW, with "rolling" behind it for a window that moves
with the clock: --limit 3600/1h --limit 25/10s:rolling. --limit none sets none.

A fault is a kind, then how often it strikes and how:
  --fault lost-answer:1%           one create in a hundred, at random
  --fault 500-after:every=7        every seventh create
  --fault unavailable:nth=3        the third
  --fault latency:20ms             every request takes 20 ms longer
  --fault list-failure:nth=1       the first list of people
  --fault bad-gateway:2%:on=calls  on=creates, updates, lists, calls or tokens
Kinds: ` + wrap(strings.Join(kinds, ", "), 70, "       ") + `.`,
		Example: `  muster simulator
  muster simulator --listen 127.0.0.1:9000 --limit 600/1h --fault latency:50ms
  MUSTER_CLIENT_ID=id MUSTER_CLIENT_SECRET=secret muster import crew.csv \
    --company 1 --project 100 --api-url http://127.0.0.1:8910 --login-url http://127.0.0.1:8910`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError(fmt.Sprintf("simulator takes no arguments, and %q was given", args[0]), "muster simulator --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			config := simulator.Config{
				CompanyID: company, ProjectID: project, TokenLife: tokenLife, ClockSkew: skew, Seed: seed, HonourTokens: honourTokens,
				Bodies: simulator.BodyShape(bodies), OriginID: simulator.OriginForm(origin),
			}
			if bodies != "" && !slices.Contains(shapes, bodies) {
				return usageError("--bodies "+bodies+" is unknown", strings.Join(shapes, ", "))
			}
			if origin != "" && origin != string(simulator.OriginNumber) && origin != string(simulator.OriginAlternating) {
				return usageError("--origin-id "+origin+" is unknown", "number or alternating")
			}
			for _, text := range windows {
				if text == "none" {
					config.Windows = []simulator.Window{}
					continue
				}
				w, err := parseWindow(text)
				if err != nil {
					return err
				}
				config.Windows = append(config.Windows, w)
			}
			for _, text := range faults {
				f, err := simulator.ParseFault(text)
				if err != nil {
					return usageError(err.Error(), "muster simulator --help shows how faults are written")
				}
				config.Faults = append(config.Faults, f)
			}
			return a.serve(cmd.Context(), listen, config)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8910", "`ADDRESS` to serve on; port 0 takes a free one")
	f.Int64Var(&company, "company", 1, "`ID` of the simulated company")
	f.Int64Var(&project, "project", 100, "`ID` of the simulated project")
	f.StringArrayVar(&windows, "limit", nil, "`LIMIT` on requests; may be given more than once (default 3600/1h and 25/10s:rolling)")
	f.StringArrayVar(&faults, "fault", nil, "`FAULT` to simulate; may be given more than once")
	f.StringVar(&bodies, "bodies", "", "`SHAPE` of refusals: "+strings.Join(shapes, ", "))
	f.StringVar(&origin, "origin-id", "", "`FORM` in which origin_id comes back: number or alternating (default: text)")
	f.DurationVar(&tokenLife, "token-life", 90*time.Minute, "`TIME` for which a token is good")
	f.DurationVar(&skew, "clock-skew", 0, "`TIME` by which the server's clock is ahead")
	f.Uint64Var(&seed, "seed", 0, "`NUMBER` that everything random follows from")
	f.BoolVar(&honourTokens, "honour-tokens", false, "a repeated Idempotency-Token creates no second person")
	return cmd
}

// parseWindow reads "3600/1h" or "25/10s:rolling".
func parseWindow(text string) (simulator.Window, error) {
	wrong := usageError(fmt.Sprintf("--limit %s is no limit", text), "write REQUESTS/WINDOW, such as 3600/1h or 25/10s:rolling, or none")
	count, rest, ok := strings.Cut(text, "/")
	if !ok {
		return simulator.Window{}, wrong
	}
	length, kind, hasKind := strings.Cut(rest, ":")
	limit, err := strconv.Atoi(count)
	if err != nil || limit < 1 || hasKind && kind != "rolling" && kind != "fixed" {
		return simulator.Window{}, wrong
	}
	d, err := time.ParseDuration(length)
	if err != nil || d <= 0 {
		return simulator.Window{}, wrong
	}
	return simulator.Window{Limit: limit, Length: d, Rolling: kind == "rolling"}, nil
}

// serve answers until ctx ends.
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

// wrap breaks text into lines of at most width columns, with indent before
// each but the first.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	used := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case used == 0:
		case used+1+len(word) > width:
			b.WriteString("\n" + indent)
			used = 0
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	return b.String()
}
