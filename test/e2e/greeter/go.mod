module greeter

go 1.26
