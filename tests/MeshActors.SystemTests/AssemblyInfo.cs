// One lab at a time: the tests share a controller that some of them kill.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
