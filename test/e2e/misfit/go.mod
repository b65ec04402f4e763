module misfit

go 1.26
