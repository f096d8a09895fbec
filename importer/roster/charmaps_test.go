package roster_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"muster/importer/fault"
	"muster/importer/roster"
)

// TestCodePages reads the same kind of list in the encodings of many countries, with the
// encoding left to be found.
func TestCodePages(t *testing.T) {
	t.Parallel()
	western := []string{"Joaquín,Ibarrola", "Begoña,Cañete", "Renée,Thériault", "Jürgen,Weißgerber", "João,Brandão"}
	nordic := []string{"Øyvind,Sæterbø", "Håkan,Sjöqvist", "Päivi,Rämä", "Þórdís,Eiðsdóttir"}
	polish := []string{"Łucja,Grześkowiak", "Bogumiła,Źrebiec", "Świętosława,Żmuda", "Paweł,Ciołek"}
	czech := []string{"Květoslav,Říčař", "Ľubica,Šťastná", "Ondřej,Žďárský", "Győző,Fűzfás"}
	balkan := []string{"Željka,Šćepanović", "Đorđe,Čučković", "Ştefan,Bănuţă", "Žiga,Močnik"}
	turkish := []string{"Şükriye,Ağırbaş", "İlknur,Kılıçoğlu", "Çağrı,Yeşilyurt", "Gökhan,Düğüncü"}
	baltic := []string{"Žygimantas,Ščiukinas", "Kęstas,Paškevičiūtė", "Ģirts,Bērzkalns", "Mārtiņš,Ķuzis", "Tõnu,Põllumäe"}
	for _, test := range []struct {
		name  string
		cm    *charmap.Charmap
		names []string
	}{
		{"Windows-1252, Western Europe", charmap.Windows1252, western},
		{"Windows-1252, the North", charmap.Windows1252, nordic},
		{"Windows-1252, one name", charmap.Windows1252, []string{"Ann,Muñoz", "Bo,Lee"}},
		{"Windows-1252, an apostrophe", charmap.Windows1252, []string{"Ann,O’Hara", "Bo,Lee"}},
		{"Windows-1252, signs alone", charmap.Windows1252, []string{"Ann,Hara – ½", "Bo,Lee"}},
		{"ISO-8859-15", charmap.ISO8859_15, append(slices.Clone(western), "Cœur,Škvor")},
		{"ISO-8859-15, France", charmap.ISO8859_15, []string{"Zoé,Lefèvre", "Béatrice,Œuvrard", "François,Châtel", "Élodie,Noël"}},
		{"MacRoman", charmap.Macintosh, western},
		{"IBM850", charmap.CodePage850, western},
		{"Windows-1250, Poland", charmap.Windows1250, polish},
		{"Windows-1250, Czechia, Slovakia and Hungary", charmap.Windows1250, czech},
		{"Windows-1250, the Balkans", charmap.Windows1250, balkan},
		{"ISO-8859-2, Poland", charmap.ISO8859_2, polish},
		{"ISO-8859-2, Czechia, Slovakia and Hungary", charmap.ISO8859_2, czech},
		{"ISO-8859-2, the Balkans", charmap.ISO8859_2, balkan},
		{"IBM852", charmap.CodePage852, polish},
		{"Windows-1254", charmap.Windows1254, turkish},
		{"ISO-8859-9", charmap.ISO8859_9, turkish},
		{"Windows-1257", charmap.Windows1257, baltic},
		{"ISO-8859-13", charmap.ISO8859_13, baltic},
		{"Windows-1251", charmap.Windows1251, []string{"Григорий,Щеглов", "Ксения,Объедкова"}},
		{"Windows-1251, Ukraine", charmap.Windows1251, []string{"Їлія,Ґедзь", "Єлизавета,Ковтун", "Дмитро,Сірко"}},
		{"KOI8-R", charmap.KOI8R, []string{"Григорий,Щеглов", "Ксения,Объедкова"}},
		{"ISO-8859-5", charmap.ISO8859_5, []string{"Григорий,Щеглов", "Ксения,Объедкова"}},
		{"Windows-1255", charmap.Windows1255, []string{"אבנר,גרינשטיין", "הדס,בן דור", "יפתח,אלקיים"}},
		{"Windows-1253", charmap.Windows1253, []string{"Άρτεμις,Καλογήρου", "Έκτορας,Δεληγιάννης"}},
		{"ISO-8859-7", charmap.ISO8859_7, []string{"Άρτεμις,Καλογήρου", "Έκτορας,Δεληγιάννης"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", inCharmap(t, test.cm, test.names)), roster.Options{})
			want := []string{"Peter Smithson", "John Browning"}
			for _, name := range test.names {
				want = append(want, strings.Replace(name, ",", " ", 1))
			}
			var got []string
			for _, l := range lines(t, r) {
				got = append(got, strings.Replace(l.Cells, "|", " ", 1))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", r.Remarks(), diff)
			}
		})
	}
}

// inCharmap returns a list of first and last names in an encoding.
func inCharmap(t *testing.T, e encoding.Encoding, names []string) string {
	t.Helper()
	content, err := e.NewEncoder().String("First Name,Last Name\nPeter,Smithson\nJohn,Browning\n" + strings.Join(names, "\n") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestUnclearCodePage makes sure that letters in doubt are shown and not sent, and that
// the options shown are accepted.
func TestUnclearCodePage(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{
		"two letters of two languages": "Ann,\xd0\xf5pa\n",
		"letters of no language":       "Ann,q\xd1q\xf0w\nBo,x\xd0w\xfeq\nCy,\xa1q\xbfw\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := "First Name,Last Name\nPeter,Smithson\n" + rows
			path := write(t, "crew.csv", content)
			_, err := roster.Open(path, roster.Options{Heading: heading})
			var e *fault.Error
			if !errors.As(err, &e) || e.Code != roster.CodeEncodingUnknown || len(e.Problems) < 2 || !e.Quotes {
				t.Fatalf("%+v", err)
			}
			for _, p := range e.Problems {
				option, found := strings.CutPrefix(p.Fix, "--encoding ")
				r, err := roster.Open(path, roster.Options{Heading: heading, Encoding: option})
				if !found || err != nil {
					t.Fatalf("%q: %v", p.Fix, err)
				}
				shown := strings.Split(p.Message[strings.Index(p.Message, ": ")+2:], ", ")
				for _, row := range lines(t, r) {
					shown = slices.DeleteFunc(shown, func(word string) bool { return strings.Contains(row.Cells, word) })
				}
				if len(shown) > 0 {
					t.Errorf("%s reads no %q", option, shown)
				}
				r.Close()
			}
		})
	}
}
