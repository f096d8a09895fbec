// Package notify sends messages about runs: to Slack, Teams, webhooks, mail servers and
// monitors.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"muster/importer/outcome"
)

// Slack, Teams and webhooks take a single JSON object each, which is built here. Of the
// libraries for these messages, nicholas-fedor/shoutrrr v0.13.2 sends without a time-out
// and supports only the Teams connectors that Microsoft has retired; nikoksr/notify
// v1.3.0 sends mail through a package that was last changed in 2021.

const (
	sendTime  = 15 * time.Second // for a message, with all tries
	sendTries = 3
)

// Kind is the kind of service that takes a message by HTTP.
type Kind string

// The kinds of services, named as in the config file.
const (
	Slack   Kind = "slack"
	Teams   Kind = "teams"
	Webhook Kind = "webhook"
)

// Message is a message about a run. The JSON is what a webhook gets.
type Message struct {
	Program string `json:"program"`
	Job     string `json:"job,omitempty"`
	Run     string `json:"run,omitempty"`
	Project int64  `json:"project,omitempty"`
	End
	Rows int `json:"rows"`
	outcome.Counts
	Effort
	Files
	Text string `json:"text"` // the message for people
}

// End is how a run ended.
type End struct {
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Code     string `json:"code,omitempty"` // of the problem that stopped the run
}

// Effort is the requests and the seconds of a run.
type Effort struct {
	Requests  int     `json:"requests"`
	Throttled int     `json:"throttled"`
	Elapsed   float64 `json:"elapsed_s"`
}

// Files are the paths of a run; "" leaves a path out.
type Files struct {
	Roster  string `json:"roster,omitempty"`
	Results string `json:"results,omitempty"`
}

// Client sends messages by HTTP.
type Client struct{ UserAgent string }

// Send sends a message to the URL of a service. No error holds the URL, which may have a
// token in it.
func (c Client) Send(ctx context.Context, kind Kind, address string, m Message) error {
	var body any = m
	switch kind {
	case Slack:
		body = map[string]string{"text": slackEscapes.Replace(m.Text)}
	case Teams:
		body = teamsCard(m.Text)
	case Webhook:
	}
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("the message: %w", err)
	}
	return c.request(ctx, http.MethodPost, address, content)
}

// Ping requests the URL of a monitor with a suffix such as "/start".
func (c Client) Ping(ctx context.Context, address, suffix string) error {
	ping, err := url.Parse(address)
	if err != nil {
		return errNoURL
	}
	if suffix != "" {
		ping = ping.JoinPath(suffix)
	}
	return c.request(ctx, http.MethodGet, ping.String(), nil)
}

var errNoURL = errors.New("the URL does not begin with https:// or http://")

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

// request sends a request, with more tries after a failed connection, a 429 or a 5xx.
func (c Client) request(ctx context.Context, method, address string, body []byte) error {
	// A notice is sent even if a signal has ended the run.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	to, err := url.Parse(address)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return errNoURL
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, c.try(ctx, client, method, address, body)
	}, backoff.WithMaxTries(sendTries))
	if permanent, ok := errors.AsType[*backoff.PermanentError](err); ok {
		err = permanent.Err
	}
	return err
}

// try sends a request once.
func (c Client) try(ctx context.Context, client *http.Client, method, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errNoURL)
	}
	request.Header.Set("User-Agent", c.UserAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		if withAddress, ok := errors.AsType[*url.Error](err); ok {
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
