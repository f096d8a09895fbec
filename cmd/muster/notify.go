package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/wneessen/go-mail"

	"muster/importer/outcome"
	"muster/importer/text"
)

// What is sent to Slack, Teams and webhooks is one JSON object each, and made
// here. Of the libraries for it, nicholas-fedor/shoutrrr v0.13.2 sends these
// without a time-out and knows of Teams only the connectors that Microsoft has
// retired; nikoksr/notify v1.3.0 sends mail through a package that was last
// touched in 2021. Mail is wneessen/go-mail's: net/smtp is frozen and can't log
// in the way Microsoft 365 asks for.

const (
	tellTime  = 15 * time.Second // for one notice, with all its tries
	tellTries = 3
)

// told is what a webhook gets.
type told struct {
	Program  string `json:"program"`
	Job      string `json:"job,omitempty"`
	Run      string `json:"run,omitempty"`
	Project  int64  `json:"project,omitempty"`
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Code     string `json:"code,omitempty"` // of what stopped it
	Rows     int    `json:"rows"`
	outcome.Counts
	Requests  int     `json:"requests"`
	Throttled int     `json:"throttled"`
	Elapsed   float64 `json:"elapsed_s"`
	Roster    string  `json:"roster,omitempty"`
	Results   string  `json:"results,omitempty"`
	Text      string  `json:"text"`
}

func (n notice) told(end runResult) told {
	t := told{
		Program: "muster", Job: end.job, Project: end.project, Status: statusOf(end.code), ExitCode: end.code,
		Code: end.problem, Elapsed: end.took.Round(time.Millisecond).Seconds(), Text: end.sentence(),
	}
	if s := end.summary; s != nil {
		t.Run, t.Status, t.Counts, t.Rows = s.Run, s.Status, s.Counts, s.Counts.Rows()
		t.Requests, t.Throttled = s.Requests, s.Throttled
	}
	if n.paths {
		t.Roster = end.roster
		t.Text += "\nRoster: " + end.roster
		if end.summary != nil && end.summary.Results != "" {
			t.Results = end.summary.Results
			t.Text += "\nResults: " + t.Results
		}
	}
	return t
}

// subject is what stands over a mail.
func (end runResult) subject() string {
	what := "import"
	if end.job != "" {
		what = "job " + end.job
	}
	if end.project != 0 {
		what += ", project " + strconv.FormatInt(end.project, 10)
	}
	switch end.code {
	case exitDone:
		return "muster: " + what + ": done"
	case exitRowsLeft:
		return "muster: " + what + ": some rows need a person"
	case exitNotStarted:
		return "muster: " + what + ": did not start"
	}
	return "muster: " + what + ": stopped early"
}

// sentence says what became of the run.
func (end runResult) sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (exit code %d).", end.subject(), end.code)
	if end.summary != nil {
		c := end.summary.Counts
		var parts []string
		for _, status := range outcome.Statuses() {
			if n := c.Of(status); n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, status))
			}
		}
		fmt.Fprintf(&b, "\n%s: %s.", text.Plural(c.Rows(), "row", "rows"), strings.Join(parts, ", "))
	}
	if e, _, ok := explanationOf(end.problem); ok {
		fmt.Fprintf(&b, "\n%s %s", e.Meaning, e.Fix)
	} else if end.problem != "" {
		fmt.Fprintf(&b, "\nCode: %s.", end.problem)
	}
	if end.summary != nil && end.summary.Run != "" {
		fmt.Fprintf(&b, "\nRun: %s.", end.summary.Run)
	}
	return b.String()
}

// tell sends a notice.
func (a *app) tell(ctx context.Context, n notice, end runResult) error {
	t := n.told(end)
	if n.email != nil {
		return a.sendMail(ctx, n.email, end.subject(), t.Text)
	}
	address, err := n.url.read(a.getenv)
	if err != nil {
		return err
	}
	var body any = t
	switch n.kind {
	case "slack":
		body = map[string]string{"text": slackEscapes.Replace(t.Text)}
	case "teams":
		body = teamsCard(t.Text)
	}
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("the message: %w", err)
	}
	return sendHTTP(ctx, http.MethodPost, address, content)
}

// slackEscapes are the characters that mean something to Slack.
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// teamsCard is an adaptive card, which is what a Teams workflow takes.
func teamsCard(text string) any {
	type block map[string]any
	var lines []block
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, block{"type": "TextBlock", "text": line, "wrap": true})
	}
	return block{"type": "message", "attachments": []block{{
		"contentType": "application/vnd.microsoft.card.adaptive",
		"content": block{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
			"type":    "AdaptiveCard", "version": "1.4", "body": lines,
		},
	}}}
}

// sendPing requests the monitor's address with a suffix.
func (a *app) sendPing(ctx context.Context, how string) error {
	address, err := a.settings.ping.read(a.getenv)
	if err != nil {
		return err
	}
	ping, err := url.Parse(address)
	if err != nil {
		return errors.New("its address is none")
	}
	if how != "" {
		ping = ping.JoinPath(how)
	}
	return sendHTTP(ctx, http.MethodGet, ping.String(), nil)
}

// sendHTTP sends a request, and repeats a request that did not get through.
func sendHTTP(ctx context.Context, method, address string, body []byte) error {
	// Who ends the run still wants it told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	to, err := url.Parse(address)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return errors.New("its address is none: it begins with https://")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, sendOnce(ctx, client, method, address, body)
	}, backoff.WithMaxTries(tellTries))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Err
	}
	return err
}

func sendOnce(ctx context.Context, client *http.Client, method, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errors.New("its address is none"))
	}
	request.Header.Set("User-Agent", userAgent())
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return err
	}
	_, _ = io.CopyN(io.Discard, response.Body, 1<<16) // so that the connection can be used again
	_ = response.Body.Close()
	switch code := response.StatusCode; {
	case code < 300:
		return nil
	case code >= 500 || code == http.StatusTooManyRequests:
		return fmt.Errorf("the answer was %d", code)
	default:
		return backoff.Permanent(fmt.Errorf("the answer was %d", code))
	}
}

// sendMail sends a mail: encrypted where a password is sent, and unencrypted only
// within this machine or to a server that can't do better.
func (a *app) sendMail(ctx context.Context, e *email, subject, text string) error {
	host, port, err := net.SplitHostPort(e.server)
	if err != nil {
		host, port = e.server, "587"
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the server %s has no port such as :587", e.server)
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(tellTime)}
	switch ip := net.ParseIP(host); {
	case host == "localhost" || ip != nil && ip.IsLoopback():
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case number == 465:
		options = append(options, mail.WithSSL())
	case e.password != nil:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if e.password != nil {
		password, err := e.password.read(a.getenv)
		if err != nil {
			return err
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(e.user), mail.WithPassword(password))
	}
	message := mail.NewMsg()
	if err := errors.Join(message.From(e.from), message.To(e.to...)); err != nil {
		return err
	}
	message.Subject(subject)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, text+"\n")
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	return client.DialAndSendWithContext(ctx, message)
}
