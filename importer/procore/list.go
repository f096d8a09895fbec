package procore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	mostPerPage  = 2000 // the most that Procore recommends
	leastPerPage = 100
	mostPasses   = 6 // readings of a list that keeps changing
	mostUnproved = 2 // readings that end without a proof
)

// CodeIncomplete is the code of a list without a proof of completeness.
const CodeIncomplete = "listing_incomplete"

// readList yields each item of a list once, converted. The sequence ends after an
// error, an *Error: the list is then incomplete.
func readList[J any, P object[J], T any](ctx context.Context, c *Client, r request, convert func(P) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reader := newListReader[J, P](c, r)
		for !reader.complete {
			items, err := reader.read(ctx)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range items {
				if !yield(convert(P(&items[i])), nil) {
					return
				}
			}
		}
	}
}

// collect returns all items of a list, or none and the error.
func collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// listReader reads the pages of a list that may change meanwhile, until the server
// has proved that no item is missing. A missed person is created twice, while a page
// too many costs one request.
//
// The proof at the end of the list is a Total that was reached by as many different
// items on a page that is not full, or a further page that is empty, unless Total says
// more. A short page, Per-Page, Total: 0, a Link header without a next page, or a page
// of known items proves nothing: servers cap pages, ignore page, or send no headers.
//
// Items that are added or removed meanwhile, and servers without a fixed order, move
// other items between pages. So a list of several pages is read again, until a pass
// brings no more new items than the list has grown, and repeats no more. An empty page
// without Total is read again as well. The items found so far are kept.
type listReader[J any, P object[J]] struct {
	client   *Client
	request  request
	page     int             // to read next, from 1
	found    map[int64]uint8 // all different items, with the latest pass that had the item
	total    int             // by the latest page; -1: not known
	largest  int             // items on the largest page
	pass     listPass
	before   listPass // the pass before, if any
	passes   int      // that ended
	unproved int      // passes that ended without a proof
	idle     bool     // the page before brought only items of this pass
	complete bool     // proved
}

// listPass is a reading of a list from the first page on.
type listPass struct {
	number uint8
	items  int // different items
	fresh  int // items that no pass before had
	moved  int // items that moved to a later page meanwhile
	pages  int // pages with items that the pass did not have yet
}

func newListReader[J any, P object[J]](c *Client, r request) *listReader[J, P] {
	r.method, r.maxBytes = http.MethodGet, maxList
	r.query = maps.Clone(r.query)
	if r.query == nil {
		r.query = url.Values{}
	}
	return &listReader[J, P]{client: c, request: r, page: 1, pass: listPass{number: 1}, found: map[int64]uint8{}, total: -1}
}

// read reads the next page and returns the items that are new.
func (r *listReader[J, P]) read(ctx context.Context) ([]J, error) {
	for {
		size := int(r.client.pageSize.Load())
		r.request.query.Set("page", strconv.Itoa(r.page))
		r.request.query.Set("per_page", strconv.Itoa(size))
		r.request.fragile = size > leastPerPage
		var fresh []J
		err := r.client.get(ctx, r.request, func(resp *http.Response, body io.Reader) error {
			if resp.StatusCode != http.StatusOK { // such as 206, a part
				return fmt.Errorf("status %d does not promise the whole list", resp.StatusCode)
			}
			items, err := decodeList[J, P](body)
			if err != nil {
				return err
			}
			fresh, err = r.take(resp.Header, items)
			return err
		})
		if err == nil && (r.unproved == mostUnproved || r.passes == mostPasses) {
			return nil, r.incomplete()
		}
		e, failed := errors.AsType[*Error](err)
		if !r.request.fragile || !failed || !e.wantsSmallerPages() {
			return fresh, err
		}
		r.client.halvePages(size, e)
		r.page, r.idle, r.largest = 1, false, 0
		r.pass = listPass{number: r.pass.number + 1}
	}
}

// take returns the new items of a page and decides which page is next.
func (r *listReader[J, P]) take(h http.Header, items []J) (fresh []J, err error) {
	known := 0
	for i := range items {
		id := P(&items[i]).id()
		switch r.found[id] {
		case 0:
			fresh = append(fresh, items[i])
		case r.pass.number:
			known++
		}
		r.found[id] = r.pass.number
	}
	r.pass.add(len(items), len(fresh), known)
	r.largest = max(r.largest, len(items))
	if total, ok := headerCount(h, "Total"); ok {
		r.total = total
	}
	next, linked, err := nextPage(h, r.page)
	if err != nil {
		return nil, err
	}
	idle := r.idle
	r.idle = known == len(items)
	switch {
	case !linked && r.total > 0 && r.pass.items >= r.total && (r.idle || len(items) < r.fullPage(h)):
		r.end(true)
	case !linked && len(items) == 0 && r.pass.items >= r.total:
		r.end(true)
	case r.request.lookup && r.idle:
		r.complete = true
	case len(items) == 0, r.idle && (idle || len(items) >= r.largest): // the last page, without a proof
		r.end(false)
	default:
		r.page = next
	}
	return fresh, nil
}

// add counts the items of a page, of which the pass had known before.
func (p *listPass) add(items, fresh, known int) {
	p.items += items - known
	p.fresh += fresh
	if known < items {
		p.pages++
		p.moved += known
	}
}

// fullPage returns how many items a full page has, as far as the answer says. Without a
// Link header, a Total that a full page reaches may be the number of items on the page.
func (r *listReader[J, P]) fullPage(h http.Header) int {
	if h.Get("Link") != "" {
		return math.MaxInt
	}
	size := int(r.client.pageSize.Load())
	if n, ok := headerCount(h, "Per-Page"); ok && n > 0 {
		size = min(size, n)
	}
	return size
}

// end ends a pass, with or without a proof, and begins another pass unless the list is
// complete.
func (r *listReader[J, P]) end(proved bool) {
	pass, before := r.pass, r.before
	grown := max(0, pass.items-before.items)
	switch {
	case !proved:
		r.unproved++
	case r.request.lookup, pass.pages == 1, pass.items == 0 && r.total == 0:
		r.complete = true
	case before.number > 0 && pass.fresh <= grown && pass.moved <= grown:
		r.complete = true
	}
	r.passes++
	r.before, r.pass = pass, listPass{number: pass.number + 1}
	r.page, r.idle = 1, false
}

// incomplete returns the error of a list without a proof of completeness.
func (r *listReader[J, P]) incomplete() *Error {
	items := strings.TrimPrefix(r.request.op, "list ")
	missing := "no page of the list proves that there are no more"
	switch {
	case r.unproved < mostUnproved:
		missing = "every reading shows others"
	case r.total > len(r.found):
		missing = fmt.Sprintf("Procore says that there are %d", r.total)
	}
	return r.request.complete(&Error{
		Kind: Malformed, Effect: DidNotHappen, Code: CodeIncomplete, permanent: true,
		Message: fmt.Sprintf("Procore's list of %s is incomplete: it holds %d, and %s", items, len(r.found), missing),
		Hint:    "Run the same command again later; if this error stays, send the message to Procore's support. muster creates no person while a person may be missing in the list.",
	})
}

// nextPage returns the page after this page, and whether the Link header announces
// the next page.
func nextPage(h http.Header, page int) (next int, linked bool, err error) {
	target, linked := nextLink(strings.Join(h.Values("Link"), ","))
	if !linked {
		return page + 1, false, nil
	}
	next = page + 1
	if u, err := url.Parse(target); err == nil && u.Query().Has("page") {
		if next, err = strconv.Atoi(u.Query().Get("page")); err != nil || next <= page {
			return 0, true, fmt.Errorf("the page after page %d of the list is not a later one", page)
		}
	}
	return next, true, nil
}

// halvePages halves the pages of all lists, unless another list has done so meanwhile.
func (c *Client) halvePages(size int, e *Error) {
	next := max(size/2, leastPerPage)
	if c.pageSize.CompareAndSwap(int64(size), int64(next)) {
		c.log.Info().Int("per_page", size).Int("status", e.Status).Str("code", e.Code).Int("next", next).
			Msg("Procore did not give a page of this size: reading smaller pages, from the first one")
	}
}

// wantsSmallerPages reports whether the error may go away with fewer items on a page.
func (e *Error) wantsSmallerPages() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestTimeout:
		return true
	}
	return e.Kind == Fault && e.RetryAfter == 0 // a server that says when to come back is not busy with the size
}

var (
	linkValue = regexp.MustCompile(`<([^<>]*)>([^<]*)`)
	relNext   = regexp.MustCompile(`(?i)[;,]\s*rel\s*=\s*(?:next|"(?:[^"]*\s)?next(?:\s[^"]*)?")\s*(?:[;,]|$)`)
)

// nextLink returns the target of rel="next" in a Link header (RFC 8288), if any.
// Pagination links have no "<" or ">" inside quotes.
func nextLink(links string) (string, bool) {
	for _, link := range linkValue.FindAllStringSubmatch(links, -1) {
		if relNext.MatchString(link[2]) {
			return link[1], true
		}
	}
	return "", false
}
