package importer_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/pgtest"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// bigRoster writes n rows of five columns.
func bigRoster(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	titles := []string{"Laborer", "Carpenter", "Electrician", "Ironworker", "Pipefitter"}
	fmt.Fprintln(w, "First Name,Last Name,Job Title,Employee ID,Own Employee")
	for i := range n {
		fmt.Fprintf(w, "Ann%d,Lee%d,%s,%07d,yes\n", i%977, i%4999, titles[i%5], i)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkImport holds an import, with the ledger and the results file on the
// disk, against a loop that does nothing but read a row and post it, both by 16
// requests at a time and into a simulated Procore in another process: one that
// answers at once, so that the processor is full, and one that takes a while. They
// take turns, so that a machine that slows down slows both.
func BenchmarkImport(b *testing.B) {
	for _, latency := range []time.Duration{0, 5 * time.Millisecond, 20 * time.Millisecond} {
		rows := 20_000
		var faults []string
		if latency > 0 {
			rows = importWorkers * int(2*time.Second/latency)
			faults = []string{fmt.Sprintf("latency:%s:on=creates", latency)}
		}
		b.Run(fmt.Sprintf("latency=%s", latency), func(b *testing.B) {
			importAgainstBare(b, rows, faults, func() string { return filepath.Join(b.TempDir(), "ledger.db") })
		})
		b.Run(fmt.Sprintf("latency=%s/postgres", latency), func(b *testing.B) {
			cluster := pgtest.Start(b)
			importAgainstBare(b, rows, faults, func() string { return cluster.URL(b) })
		})
	}
}

// importWorkers is how many requests an import sends at a time.
const importWorkers = 16

func importAgainstBare(b *testing.B, rows int, faults []string, newLedger func() string) {
	path := bigRoster(b, rows)
	var bare, bareCPU, took, cpu time.Duration
	var mallocs uint64
	for b.Loop() {
		address := startSimulator(b, faults...)
		busy, _ := usage(b)
		began := time.Now()
		postRows(b, path, address, importWorkers)
		bare += time.Since(began)
		busyNow, _ := usage(b)
		bareCPU += busyNow - busy

		address, location := startSimulator(b, faults...), newLedger()
		book, err := ledger.Open(b.Context(), location) // only the first import of all makes the tables
		if err == nil {
			err = book.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		busy, made := usage(b)
		began = time.Now()
		collector := debug.SetGCPercent(250) // as the command has it for a roster of this size
		summary, _ := importOnce(b, path, location, address, importWorkers)
		debug.SetGCPercent(collector)
		took += time.Since(began)
		if summary.Counts.Created != rows {
			b.Fatalf("%d of %d rows created", summary.Counts.Created, rows)
		}
		busyNow, madeNow := usage(b)
		cpu, mallocs = cpu+busyNow-busy, mallocs+madeNow-made
	}
	all := float64(b.N) * float64(rows)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(all/bare.Seconds(), "bare-rows/s")
	b.ReportMetric(all/took.Seconds(), "rows/s")
	b.ReportMetric(bare.Seconds()/took.Seconds(), "ratio")
	b.ReportMetric(float64(bareCPU.Microseconds())/all, "bare-cpu-µs/row")
	b.ReportMetric(float64(cpu.Microseconds())/all, "cpu-µs/row")
	b.ReportMetric(float64(mallocs)/all, "allocs/row")
}

// usage returns the processor time and the allocations of this process so far.
func usage(b *testing.B) (cpu time.Duration, mallocs uint64) {
	b.Helper()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return processorTime(b), m.Mallocs
}

// postRows is what a script would do: read the roster and post every row.
func postRows(b *testing.B, path, address string, workers int) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	answer, err := client.PostForm(address+"/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}})
	if err != nil {
		b.Fatal(err)
	}
	var token struct {
		Value string `json:"access_token"`
	}
	if err := errors.Join(json.NewDecoder(answer.Body).Decode(&token), answer.Body.Close()); err != nil {
		b.Fatal(err)
	}
	post := func(row []string) error {
		type person struct {
			FirstName  string `json:"first_name"`
			LastName   string `json:"last_name"`
			JobTitle   string `json:"job_title"`
			EmployeeID string `json:"employee_id"`
			IsEmployee bool   `json:"is_employee"`
		}
		body, err := json.Marshal(map[string]person{"person": {row[0], row[1], row[2], row[3], row[4] == "yes"}})
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address+"/rest/v1.0/projects/100/people", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token.Value)
		req.Header.Set("Procore-Company-Id", "1")
		req.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(req)
		if err != nil {
			return err
		}
		if answer.StatusCode != http.StatusCreated {
			return errors.New(answer.Status)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return errors.Join(err, answer.Body.Close())
	}

	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	if _, err := r.Read(); err != nil {
		b.Fatal(err)
	}
	rows := make(chan []string, workers)
	var group errgroup.Group
	for range workers {
		group.Go(func() error {
			var failed error
			for row := range rows {
				if failed == nil {
					failed = post(row)
				}
			}
			return failed
		})
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		rows <- row
	}
	close(rows)
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

const simulatorProcess = "MUSTER_TEST_SIMULATOR"

// TestMain is also the simulated Procore of the benchmarks, which is to use
// none of this process's time.
func TestMain(m *testing.M) {
	if faults, ok := os.LookupEnv(simulatorProcess); ok {
		if err := serveSimulator(faults); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveSimulator serves until its standard input ends.
func serveSimulator(faults string) error {
	config := simulator.Config{Windows: []simulator.Window{}}
	if faults != "" {
		f, err := simulator.ParseFault(faults)
		if err != nil {
			return err
		}
		config.Faults = []simulator.Fault{f}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: simulator.New(config)}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startSimulator starts a simulated Procore without limits in another process,
// until the benchmark ends, and returns its address.
func startSimulator(b *testing.B, faults ...string) string {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), simulatorProcess+"="+strings.Join(faults, " "))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			b.Error(err)
		}
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// importOnce imports a roster as the command does, with the ledger at a path or URL.
// It also returns the client, closed, for its counts.
func importOnce(b *testing.B, path, location, address string, workers int) (*importer.Summary, *procore.Client) {
	b.Helper()
	split, end := split(b, path)
	defer end()
	book, err := ledger.Open(b.Context(), location)
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	api, pace := newClient(b, address, workers)
	defer api.Close()
	im := importer.New(split, importer.Options{
		Connection: importer.Connection{API: api, Pace: pace, Scope: ledger.Scope{API: "procore.test", Company: 1, Project: 100}}, Ledger: book,
		ResultsPath: filepath.Join(b.TempDir(), "results.csv"), Limits: importer.Limits{Workers: workers},
	})
	defer im.Close()
	summary, err := im.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return summary, api
}

// split opens and maps a roster for project 100.
func split(b *testing.B, path string) (split *importer.ProjectSplit, end func()) {
	b.Helper()
	crew, err := importer.Open(b.Context(), path, importer.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	if err := crew.Bind(); err != nil {
		b.Fatal(err)
	}
	if split, err = crew.Split(b.Context(), 100); err != nil {
		b.Fatal(err)
	}
	return split, func() { crew.Close() }
}

// newClient returns a client of a simulated Procore. It has the connections of
// as many workers.
func newClient(b *testing.B, address string, workers int) (*procore.Client, *ratelimit.Pace) {
	b.Helper()
	pace := ratelimit.New(ratelimit.Options{})
	api, err := procore.New(procore.Options{
		APIURL: address, LoginURL: address, CompanyID: 1, ProjectID: 100,
		ClientID: "id", ClientSecret: "secret", Pace: pace, Connection: procore.Connection{Connections: workers},
	})
	if err != nil {
		b.Fatal(err)
	}
	return api, pace
}

// BenchmarkSecondRun imports a roster of 100,000 rows whose people were all
// created by an earlier run. What the project's people take to be listed is told
// apart: Procore's own speed decides about that.
func BenchmarkSecondRun(b *testing.B) {
	const rows, workers = 100_000, 16
	path, book, address := bigRoster(b, rows), filepath.Join(b.TempDir(), "ledger.db"), startSimulator(b)
	if first, _ := importOnce(b, path, book, address, 64); first.Counts.Created != rows {
		b.Fatalf("%d of %d rows created", first.Counts.Created, rows)
	}
	api, _ := newClient(b, address, workers)
	defer api.Close()
	var took, listing, cpu time.Duration
	for b.Loop() {
		busy, _ := usage(b)
		began := time.Now()
		for _, people := range []iter.Seq2[procore.Person, error]{api.People(b.Context()), api.People(b.Context()), api.JobTitles(b.Context())} {
			for _, err := range people {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		listing += time.Since(began)
		busyNow, _ := usage(b)
		cpu -= busyNow - busy

		busy, began = busyNow, time.Now()
		summary, sent := importOnce(b, path, book, address, workers)
		took += time.Since(began)
		busyNow, _ = usage(b)
		cpu += busyNow - busy
		const pages = 3*rows/2000 + 3 // with employee IDs, twice, with job titles, the project, and inactive people before and after
		if summary.Counts.Existing != rows || sent.Requests() != pages {
			b.Fatalf("%d of %d rows existing, %d requests", summary.Counts.Existing, rows, sent.Requests())
		}
	}
	all := float64(b.N) * rows
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(all/(took-listing).Seconds(), "rows/s")
	b.ReportMetric(3*all/listing.Seconds(), "listed/s")
	b.ReportMetric(float64(cpu.Microseconds())/all, "cpu-µs/row")
}

// BenchmarkWorkers shows how the throughput grows with the workers, where a
// request takes a while: until the processor is full.
func BenchmarkWorkers(b *testing.B) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond} {
		for _, workers := range []int{1, 4, 16, 64} {
			rows := 10_000
			var faults []string
			if latency > 0 {
				rows = workers * int(10+2*time.Second/latency)
				faults = []string{fmt.Sprintf("latency:%s:on=creates", latency)}
			}
			b.Run(fmt.Sprintf("latency=%s/workers=%d", latency, workers), func(b *testing.B) {
				path := bigRoster(b, rows)
				var took time.Duration
				for b.Loop() {
					summary, _ := importOnce(b, path, filepath.Join(b.TempDir(), "ledger.db"), startSimulator(b, faults...), workers)
					if summary.Counts.Created != rows {
						b.Fatalf("%d of %d rows created", summary.Counts.Created, rows)
					}
					took += summary.Elapsed
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(b.N*rows)/took.Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkCheck holds the whole check of a roster against a loop that only
// reads it.
func BenchmarkCheck(b *testing.B) {
	const rows = 1_000_000
	path := bigRoster(b, rows)
	b.Run("encoding/csv alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			split, end := split(b, path)
			if validation, err := importer.New(split, importer.Options{}).Validate(b.Context()); err != nil || validation.Create != rows {
				b.Fatal(validation, err)
			}
			end()
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
}
