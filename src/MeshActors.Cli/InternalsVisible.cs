using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("MeshActors.UnitTests")]
