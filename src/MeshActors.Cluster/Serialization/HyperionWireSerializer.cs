using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Hyperion;

namespace MeshActors.Cluster.Serialization;

/// <summary>Messages between controller processes in Hyperion's form; only those of <see cref="WireTypes"/>.</summary>
public sealed class HyperionWireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly Hyperion.Serializer _hyperion = new(new SerializerOptions(
        versionTolerance: false,               // slower and larger, and it does not tolerate versions
        preserveObjectReferences: false,
        surrogates: null,
        serializerFactories: null,
        knownTypes: null,
        ignoreISerializable: true,
        packageNameOverrides: null,
        disallowUnsafeTypes: true,
        typeFilter: new WireTypeFilter(WireTypes.All)));

    public override int Identifier => 7301;

    public override string Manifest(object o) => WireTypes.Aliases.TryGetValue(o.GetType(), out var alias)
        ? alias
        : throw new SerializationException($"{o.GetType()} is not in the list of wire types.");

    public override byte[] ToBinary(object obj)
    {
        using var stream = new MemoryStream(256);
        _hyperion.Serialize(obj, stream);
        return stream.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!WireTypes.Types.TryGetValue(manifest, out var type))
        {
            throw new SerializationException($"'{manifest}' is not in the list of wire types.");
        }

        var message = Read(bytes, manifest);
        return message?.GetType() == type
            ? message
            : throw new SerializationException($"A message of '{manifest}' held {message?.GetType().ToString() ?? "nothing"}.");
    }

    // Bytes that are no message fail in many ways, out of memory among them: a length that was never written.
    private object? Read(byte[] bytes, string manifest)
    {
        try
        {
            using var stream = new MemoryStream(bytes, writable: false);
            return _hyperion.Deserialize<object>(stream);
        }
        catch (Exception e) when (e is not SerializationException)
        {
            throw new SerializationException($"The bytes of a '{manifest}' are no such message.", e);
        }
    }
}

/// <summary>An allow list that answers for both spellings: Hyperion asks with the full name to write and a short one to read.</summary>
public sealed class WireTypeFilter : ITypeFilter
{
    private readonly FrozenSet<string> _names;

    public WireTypeFilter(IEnumerable<Type> types)
    {
        var listed = types.Distinct().ToList();
        var builder = TypeFilterBuilder.Create();
        listed.ForEach(type => builder.Include(type));
        _names = builder.Build().FilteredTypes
            .Concat(listed.Select(type => type.AssemblyQualifiedName!))
            .ToFrozenSet(StringComparer.Ordinal);
    }

    public bool IsAllowed(string typeName) => _names.Contains(typeName);
}
