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

// Slack, Teams and webhooks take a single JSON object each, which is built here. Of the
// libraries for these messages, nicholas-fedor/shoutrrr v0.13.2 sends without a time-out
// and supports only the Teams connectors that Microsoft has retired; nikoksr/notify
// v1.3.0 sends mail through a package that was last changed in 2021. Mail goes through
// wneessen/go-mail: net/smtp is frozen and lacks the login that Microsoft 365 requires.

const (
	sendTime  = 15 * time.Second // for a notice, with all tries
	sendTries = 3
)

// webhookBody is the JSON that a webhook gets.
type webhookBody struct {
	Program string `json:"program"`
	Job     string `json:"job,omitempty"`
	Run     string `json:"run,omitempty"`
	Project int64  `json:"project,omitempty"`
	webhookEnd
	Rows int `json:"rows"`
	outcome.Counts
	webhookEffort
	webhookFiles
	Text string `json:"text"`
}

// webhookEnd is how the run ended.
type webhookEnd struct {
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Code     string `json:"code,omitempty"` // of the problem that stopped the run
}

// webhookEffort is what the run took.
type webhookEffort struct {
	Requests  int     `json:"requests"`
	Throttled int     `json:"throttled"`
	Elapsed   float64 `json:"elapsed_s"`
}

// webhookFiles are the files of the run, for a notice with paths.
type webhookFiles struct {
	Roster  string `json:"roster,omitempty"`
	Results string `json:"results,omitempty"`
}

// body returns the message about a run.
func (n notice) body(run runResult) webhookBody {
	b := webhookBody{
		Program: "muster", Job: run.job, Project: run.project, Text: run.sentence(),
		webhookEnd:    webhookEnd{statusOf(run.code), run.code, run.problem},
		webhookEffort: webhookEffort{Elapsed: run.took.Round(time.Millisecond).Seconds()},
	}
	if s := run.summary; s != nil {
		b.Run, b.Status, b.Counts, b.Rows = s.Run, s.Status, s.Counts, s.Counts.Rows()
		b.Requests, b.Throttled = s.Requests, s.Throttled
	}
	if n.Paths {
		b.Roster = run.roster
		b.Text += "\nRoster: " + run.roster
		if run.summary != nil && run.summary.Results != "" {
			b.Results = run.summary.Results
			b.Text += "\nResults: " + b.Results
		}
	}
	return b
}

// subject returns the subject of a mail.
func (run runResult) subject() string {
	what := "import"
	if run.job != "" {
		what = "job " + run.job
	}
	if run.project != 0 {
		what += ", project " + strconv.FormatInt(run.project, 10)
	}
	switch run.code {
	case exitDone:
		return "muster: " + what + ": done"
	case exitRowsLeft:
		return "muster: " + what + ": some rows need a person"
	case exitNotStarted:
		return "muster: " + what + ": did not start"
	}
	return "muster: " + what + ": stopped early"
}

// sentence returns the result of the run in words.
func (run runResult) sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (exit code %d).", run.subject(), run.code)
	if run.summary != nil {
		c := run.summary.Counts
		var parts []string
		for _, status := range outcome.Statuses() {
			if n := c.Of(status); n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, status))
			}
		}
		fmt.Fprintf(&b, "\n%s: %s.", text.Plural(c.Rows(), "row", "rows"), strings.Join(parts, ", "))
	}
	if e, _, ok := explanationOf(run.problem); ok {
		fmt.Fprintf(&b, "\n%s %s", e.Meaning, e.Fix)
	} else if run.problem != "" {
		fmt.Fprintf(&b, "\nCode: %s.", run.problem)
	}
	if run.summary != nil && run.summary.Run != "" {
		fmt.Fprintf(&b, "\nRun: %s.", run.summary.Run)
	}
	return b.String()
}

// send sends a notice about a run.
func (a *app) send(ctx context.Context, n notice, run runResult) error {
	message := n.body(run)
	kind, address := n.kind()
	if n.Email != nil {
		return a.sendMail(ctx, n.Email, run.subject(), message.Text)
	}
	target, err := address.read(a.getenv)
	if err != nil {
		return err
	}
	var body any = message
	switch kind {
	case "slack":
		body = map[string]string{"text": slackEscapes.Replace(message.Text)}
	case "teams":
		body = teamsCard(message.Text)
	}
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("the message: %w", err)
	}
	return sendHTTP(ctx, http.MethodPost, target, content)
}

// slackEscapes replaces the characters with a meaning in Slack.
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// teamsCard returns an adaptive card, the format of a Teams workflow.
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

// sendPing requests the monitor's URL with a suffix.
func (a *app) sendPing(ctx context.Context, suffix string) error {
	address, err := a.settings.ping.read(a.getenv)
	if err != nil {
		return err
	}
	ping, err := url.Parse(address)
	if err != nil {
		return errors.New("the URL is not valid")
	}
	if suffix != "" {
		ping = ping.JoinPath(suffix)
	}
	return sendHTTP(ctx, http.MethodGet, ping.String(), nil)
}

// sendHTTP sends a request, with more tries after a failed connection, a 429 or a 5xx.
func sendHTTP(ctx context.Context, method, address string, body []byte) error {
	// A notice is sent even if a signal has ended the run.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	to, err := url.Parse(address)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return errors.New("the URL does not begin with https:// or http://")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, sendOnce(ctx, client, method, address, body)
	}, backoff.WithMaxTries(sendTries))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Err
	}
	return err
}

func sendOnce(ctx context.Context, client *http.Client, method, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errors.New("the URL is not valid"))
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

// sendMail sends a mail. A login requires encryption; without a login, encryption is
// left out within this machine and for a server that does not offer encryption.
func (a *app) sendMail(ctx context.Context, e *email, subject, text string) error {
	host, port, err := net.SplitHostPort(e.Server)
	if err != nil {
		host, port = e.Server, "587"
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the server %s has no port such as :587", e.Server)
	}
	login := secretSource(e.Password)
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(sendTime)}
	switch ip := net.ParseIP(host); {
	case host == "localhost" || ip != nil && ip.IsLoopback():
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case number == 465:
		options = append(options, mail.WithSSL())
	case e.User != "":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if e.User != "" {
		password, err := login.read(a.getenv)
		if err != nil {
			return err
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(e.User), mail.WithPassword(password))
	}
	message := mail.NewMsg()
	if err := errors.Join(message.From(e.From), message.To(e.To...)); err != nil {
		return err
	}
	message.Subject(subject)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, text+"\n")
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	return client.DialAndSendWithContext(ctx, message)
}
