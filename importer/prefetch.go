package importer

import (
	"iter"
	"slices"

	"muster/mapping"
)

const (
	prefetchRows    = 2048 // in a batch: waking a goroutine costs as much as some hundred rows
	chunkRows       = 32
	prefetchBatches = 3 // one being filled, one being used, one in between
)

// batch is rows that were read in advance, with a copy of their cells.
type batch struct {
	rows  []sourceRow
	cells []string
	kinds []mapping.Kind
	err   error // after the rows
}

// add copies row into the batch.
func (b *batch) add(row *sourceRow) {
	from := len(b.cells)
	b.cells = append(b.cells, row.cells...)
	copied := *row
	copied.cells = b.cells[from:len(b.cells):len(b.cells)]
	copied.struck = slices.Clone(row.struck) // of few rows
	if row.kinds != nil {
		from := len(b.kinds)
		b.kinds = append(b.kinds, row.kinds...)
		copied.kinds = b.kinds[from:len(b.kinds):len(b.kinds)]
	}
	b.rows = append(b.rows, copied)
}

// prefetch yields the rows of s in chunks. Another goroutine reads them, since
// reading a row costs about as much as checking it. A chunk is valid until the
// next one. When the loop ends, early or not, the goroutine has ended.
func (s Source) prefetch() iter.Seq2[[]sourceRow, error] {
	return func(yield func([]sourceRow, error) bool) {
		full, free := make(chan *batch, prefetchBatches), make(chan *batch, prefetchBatches)
		for range prefetchBatches {
			free <- &batch{}
		}
		go func() {
			defer close(full)
			s.fill(full, free)
		}()
		defer func() {
			close(free)
			for range full { // until the reader has ended
			}
		}()
		for b := range full {
			for rows := range slices.Chunk(b.rows, chunkRows) {
				if !yield(rows, nil) {
					return
				}
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
			free <- b
		}
	}
}

// fill reads all rows into batches, until free is closed.
func (s Source) fill(full chan<- *batch, free <-chan *batch) {
	b, ok := <-free
	for row, err := range s.rows() {
		if !ok {
			return
		}
		if err != nil {
			b.err = err
			break
		}
		b.add(row)
		if len(b.rows) == prefetchRows {
			full <- b
			if b, ok = <-free; ok {
				b.rows, b.cells, b.kinds = b.rows[:0], b.cells[:0], b.kinds[:0]
			}
		}
	}
	if ok {
		full <- b
	}
}
