package importer

import (
	"iter"
	"runtime"
	"slices"
	"sync"

	"muster/importer/outcome"
)

// rowBatch is some rows on the way through the mapping.
type rowBatch struct {
	rows   []checked
	err    error         // what ended the reading behind the rows; nil at the end
	mapped chan struct{} // closed when the rows are mapped
}

// checkedRows checks rows in the order of the source, in batches. All processors map
// rows ahead of the batch that is handed out.
//
// The first passes over a roster fill the index. All later passes find the same there, so
// all decide alike.
func (a *validator) checkedRows(source rowSource) iter.Seq2[[]checked, error] {
	return func(yield func([]checked, error) bool) {
		batches, stopped := make(chan *rowBatch, runtime.GOMAXPROCS(0)-1), make(chan struct{})
		var group sync.WaitGroup
		defer group.Wait()
		defer close(stopped)
		group.Go(func() {
			defer close(batches)
			copyInBatches(source, func(batch *rowBatch) error {
				group.Go(func() {
					defer close(batch.mapped)
					for i := range batch.rows {
						a.mapRow(&batch.rows[i])
					}
				})
				select {
				case batches <- batch:
					return nil
				case <-stopped:
					return errEnough
				}
			})
		})
		for batch := range batches {
			<-batch.mapped
			for i := range batch.rows {
				if one := &batch.rows[i]; one.claims {
					a.checkDuplicate(one)
				}
			}
			if !yield(batch.rows, batch.err) {
				return
			}
		}
	}
}

// copyInBatches calls visit with copies of the rows of a source, until visit fails.
func copyInBatches(source rowSource, visit func(*rowBatch) error) {
	var batch *rowBatch
	var copies []sourceRow
	var cells []string // of all rows of the batch
	begin := func() {
		batch = &rowBatch{rows: make([]checked, 0, len(copies)), mapped: make(chan struct{})}
		copies, cells = make([]sourceRow, 0, len(copies)), make([]string, 0, len(cells))
	}
	begin()
	err := source.rows(func(row *sourceRow) error {
		at := len(cells)
		cells = append(cells, row.cells...)
		copies = append(copies, *row)
		one := &copies[len(copies)-1]
		one.cells, one.kinds, one.struck = cells[at:len(cells):len(cells)], slices.Clone(row.kinds), slices.Clone(row.struck)
		if batch.rows = append(batch.rows, checked{sourceRow: one, outcome: outcome.Outcome{Row: one.number}}); len(batch.rows) < batchRows {
			return nil
		}
		full := batch
		begin()
		return visit(full)
	})
	batch.err = err
	_ = visit(batch)
}
