package importer

import (
	"iter"
	"runtime"
	"slices"
	"sync"
)

// rowBatch is some rows on the way through the mapping.
type rowBatch struct {
	rows   []checked
	err    error         // what ended the reading behind the rows; nil at the end
	mapped chan struct{} // closed when the rows are mapped
}

// rowsInBatch is how many rows are mapped by one goroutine at a time.
const rowsInBatch = 256

// checkedRows checks rows in the order of the source. All processors map rows ahead
// of the row that is handed out, which is valid until the next row.
func (a *validator) checkedRows(source rowSource) iter.Seq2[*checked, error] {
	return func(yield func(*checked, error) bool) {
		batches, stopped := make(chan *rowBatch, runtime.GOMAXPROCS(0)), make(chan struct{})
		var group sync.WaitGroup
		defer group.Wait()
		defer close(stopped)
		group.Go(func() {
			defer close(batches)
			for batch := range copyInBatches(source) {
				group.Go(func() {
					defer close(batch.mapped)
					for i := range batch.rows {
						a.mapRow(&batch.rows[i])
					}
				})
				select {
				case batches <- batch:
				case <-stopped:
					return
				}
			}
		})
		for batch := range batches {
			<-batch.mapped
			for i := range batch.rows {
				a.checkKey(&batch.rows[i])
				if !yield(&batch.rows[i], nil) {
					return
				}
			}
			if batch.err != nil {
				yield(nil, batch.err)
				return
			}
		}
	}
}

// copyInBatches returns copies of the rows of a source.
func copyInBatches(source rowSource) iter.Seq[*rowBatch] {
	return func(yield func(*rowBatch) bool) {
		var batch *rowBatch
		var copies []sourceRow
		var cells []string // of all rows of the batch
		for row, err := range source.rows() {
			if batch == nil {
				batch = &rowBatch{rows: make([]checked, 0, rowsInBatch), mapped: make(chan struct{})}
				copies, cells = make([]sourceRow, 0, rowsInBatch), make([]string, 0, len(cells))
			}
			if batch.err = err; err != nil {
				break
			}
			at := len(cells)
			cells = append(cells, row.cells...)
			copies = append(copies, *row)
			one := &copies[len(copies)-1]
			one.cells, one.kinds, one.struck = cells[at:len(cells):len(cells)], slices.Clone(row.kinds), slices.Clone(row.struck)
			batch.rows = append(batch.rows, checked{sourceRow: one})
			if len(batch.rows) < rowsInBatch {
				continue
			}
			if !yield(batch) {
				return
			}
			batch = nil
		}
		if batch != nil {
			yield(batch)
		}
	}
}
