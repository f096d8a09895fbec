package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/wneessen/go-mail"
)

// Mail says how to send a mail. net/smtp is frozen and lacks the login that Microsoft 365
// requires, so go-mail sends.
type Mail struct {
	Server   string // with the port, or port 587
	From     string
	To       []string
	User     string // "" without a login
	Password string
}

// Send sends a mail. A login requires encryption; without a login, encryption is
// left out within this machine and for a server that does not offer encryption.
func (m Mail) Send(ctx context.Context, subject, text string) error {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		host, port = m.Server, "587"
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the server %s has no port such as :587", m.Server)
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(sendTime)}
	switch ip := net.ParseIP(host); {
	case host == "localhost" || ip != nil && ip.IsLoopback():
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case number == 465:
		options = append(options, mail.WithSSL())
	case m.User != "":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.From), message.To(m.To...)); err != nil {
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
