package ledger

import (
	"cmp"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"muster/importer/fault"
)

// IsURL reports whether a location is the URL of a database, not the path of a file.
func IsURL(location string) bool { return strings.Contains(location, "://") }

// connectTimeout is the longest wait for a server, unless the URL sets another.
const connectTimeout = 15 * time.Second

// PostgresConfig returns how to connect to the PostgreSQL database at a URL. As
// libpq does, PostgresConfig takes what the URL leaves out from PGPASSWORD, PGPASSFILE
// and the other variables of the environment. A URL that can't be used is a
// *fault.Error.
func PostgresConfig(location string) (*pgxpool.Config, error) {
	if scheme, _, _ := strings.Cut(location, "://"); scheme != "postgres" && scheme != "postgresql" {
		return nil, fault.Usage("write postgres://USER@HOST/DATABASE, or the path of a file",
			"the ledger can't be at a URL that begins with %q", scheme+"://")
	}
	if hasPassword(location) {
		return nil, fault.Usage("take the password out of the URL and put it in PGPASSWORD or in the file that PGPASSFILE names",
			"the URL of the ledger holds a password, which other programs could see")
	}
	config, err := pgxpool.ParseConfig(location)
	if err != nil {
		return nil, fault.Usage("write postgres://USER@HOST/DATABASE, and %40 for an @ in a name; check the settings after the ?, PGSERVICE and the service file",
			"the URL of the ledger can't be read%s", whyUnreadable(err))
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	parameters := config.ConnConfig.RuntimeParams
	host, _ := os.Hostname() // without a name the connections are still muster's
	parameters["application_name"] = cmp.Or(parameters["application_name"], strings.TrimSpace("muster "+host))
	// The server notices within 25 seconds that a host is gone, and frees its locks.
	parameters["tcp_keepalives_idle"] = "10"
	parameters["tcp_keepalives_interval"] = "5"
	parameters["tcp_keepalives_count"] = "3"
	// A process that is paused inside a transaction must not hold up the others.
	parameters["idle_in_transaction_session_timeout"] = strconv.FormatInt(pausedTimeout.Milliseconds(), 10)
	return config, nil
}

// whyUnreadable returns the parser's reason in brackets. The parser repeats the URL before
// the reason, or in the reason if the whole can't be parsed: that would show a password.
func whyUnreadable(err error) string {
	_, reason, found := strings.Cut(err.Error(), "`: ")
	if !found || strings.HasPrefix(reason, "failed to parse") {
		return ""
	}
	return " (" + reason + ")"
}

// hasPassword reports whether a URL holds a password. A URL that can't be parsed may
// hold one, too.
func hasPassword(location string) bool {
	_, rest, _ := strings.Cut(location, "://")
	place, query, _ := strings.Cut(rest, "?")
	if at := strings.LastIndex(place, "@"); at >= 0 && strings.Contains(place[:at], ":") {
		return true
	}
	settings, err := url.ParseQuery(query)
	return err == nil && (settings.Has("password") || settings.Has("sslpassword"))
}

// publicURL returns the URL of a database with all hosts and without a password, for messages.
func publicURL(config *pgxpool.Config) string {
	c := config.ConnConfig
	shown := url.URL{Scheme: "postgres", Path: "/" + c.Database}
	if c.User != "" {
		shown.User = url.User(c.User)
	}
	query := url.Values{}
	hosts := []string{publicHost(c.Host, c.Port)}
	for _, other := range c.Fallbacks { // also the same host once more, with or without TLS
		if host := publicHost(other.Host, other.Port); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if all := strings.Join(hosts, ","); strings.Contains(all, "/") { // the folder of a socket
		query.Set("host", all)
	} else {
		shown.Host = all
	}
	if path := c.RuntimeParams["search_path"]; path != "" {
		query.Set("search_path", path)
	}
	shown.RawQuery = query.Encode()
	return shown.String()
}

// publicHost returns a host with a port that is not the usual, or the folder of a socket.
func publicHost(host string, port uint16) string {
	if strings.HasPrefix(host, "/") {
		return host
	}
	return strings.TrimSuffix(net.JoinHostPort(host, strconv.Itoa(int(port))), ":5432")
}
