package importer_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// Import a roster into a simulated Procore.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "muster-")
	check(err)
	defer os.RemoveAll(folder)
	book, err := ledger.Open(ctx, filepath.Join(folder, "ledger.db"))
	check(err)
	defer book.Close()
	connection, err := importer.NewConnection(procore.Options{
		APIURL: "https://procore.test", LoginURL: "https://procore.test", CompanyID: 1, ProjectID: 100, ClientID: "id", ClientSecret: "secret",
		Pace: ratelimit.New(ratelimit.Options{}), Connection: procore.Connection{Transport: simulator.New(simulator.Config{Windows: []simulator.Window{}}).Transport()},
	})
	check(err)

	crew, err := importer.Open(ctx, "../samples/crew.csv", importer.OpenOptions{})
	check(err)
	defer crew.Close()
	check(crew.Bind())
	split, err := crew.Split(ctx, connection.Scope.Project)
	check(err)
	im := importer.New(split, importer.Options{Connection: connection, Ledger: book, ResultsPath: filepath.Join(folder, "crew.results.csv")})
	defer im.Close()
	summary, err := im.Run(ctx)
	check(err)
	fmt.Printf("%d of %d people created in %s\n", summary.Counts.Created, summary.Counts.Rows(), summary.Projects[0].Project.Name)
	// Output: 20 of 20 people created in Simulated Project
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
