package importer

import (
	"sync"
	"time"
)

// commitTime is how long the ledger takes at times, for a commit on a slow disk or
// for one that moves the log into the file. Intents are made so much ahead of their
// requests that no request ever waits for one.
const commitTime = 30 * time.Millisecond

// openIntents bounds how many intents have no outcome yet: whatever is open when
// the process is killed is in doubt afterwards, though it may not have left. As
// many are needed as there are requests under way, and as many more as will begin
// within commitTime: next to none where answers take long, hundreds where
// they come at once.
type openIntents struct {
	workers int

	mu   sync.Mutex
	room sync.Cond
	open int
	took time.Duration // moving average of a request
}

func newOpenIntents(workers int) *openIntents {
	x := &openIntents{workers: workers}
	x.room.L = &x.mu
	return x
}

// begin waits until there is room for one more.
func (x *openIntents) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.open >= x.most() {
		x.room.Wait()
	}
	x.open++
}

// answered takes note of how long a request took.
func (x *openIntents) answered(took time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.took == 0 {
		x.took = took
	}
	x.took += (took - x.took) / 16
}

// end makes room again.
func (x *openIntents) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open--
	x.room.Signal()
	if x.open+1 < x.most() {
		x.room.Signal() // there is more of it than before
	}
}

func (x *openIntents) most() int {
	if x.took == 0 {
		return x.workers
	}
	return min(x.workers+int(time.Duration(x.workers)*commitTime/x.took), inHand)
}
