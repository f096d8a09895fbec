package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"muster/importer/atomicfile"
	"muster/importer/doctor"
	"muster/importer/web"
)

// webStart is the right to serve the page: one process has it at a time. Others find the
// page by the file that the process publishes.
type webStart struct {
	lock   *flock.Flock
	folder string
}

// publishedStart is the content of the file. A user who can read the file can use the page.
type publishedStart struct {
	Address string  `json:"address"`
	Key     web.Key `json:"key"`
}

const startFile = "page.json"

// claimStart returns the right to serve the page, or nil if another process has it.
func claimStart(ctx context.Context, folder string) (*webStart, error) {
	lock := flock.New(filepath.Join(folder, "lock"), flock.SetPermissions(0o600))
	claimed, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the folder of the page: %w", err)
	}
	if !claimed {
		return nil, nil
	}
	s := &webStart{lock, folder}
	if err := os.Remove(filepath.Join(folder, startFile)); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that was killed
		s.release()
		return nil, fmt.Errorf("remove the file of an earlier page: %w", err)
	}
	return s, ctx.Err()
}

// publish tells later starts where the page is.
func (s *webStart) publish(address string, key web.Key) error {
	return atomicfile.Write(filepath.Join(s.folder, startFile), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(publishedStart{address, key})
	})
}

// release lets another process serve the page.
func (s *webStart) release() {
	_ = os.Remove(filepath.Join(s.folder, startFile)) // a stale file is known by the missing proof
	_ = s.lock.Unlock()
}

// earlierStart returns the address and the key of the page that another process serves.
// That process may be about to publish them.
func earlierStart(ctx context.Context, folder string) (address string, key web.Key, err error) {
	ctx, cancel := context.WithTimeout(ctx, doctor.Patience)
	defer cancel()
	for {
		var start publishedStart
		content, err := os.ReadFile(filepath.Join(folder, startFile))
		if err == nil && json.Unmarshal(content, &start) == nil && isAlive(ctx, start) {
			return start.Address, start.Key, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", "", usageError("muster web runs already, and does not answer", "end the other muster, then start it again")
		}
	}
}

// isAlive reports whether the server at an address has the key: another program may have
// got the port since.
func isAlive(ctx context.Context, start publishedStart) bool {
	nonce := string(web.NewKey())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+start.Address+web.AlivePath+nonce, nil)
	if err != nil {
		return false
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy
	answer, err := direct.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	proof, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return err == nil && string(proof) == start.Key.Alive(nonce)
}
